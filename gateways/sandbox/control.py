"""Tell a running sandbox what to do, and ask it what it was asked."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from gateways.sandbox.faults import Fault


class SandboxControl:
    """A client of the sandbox's `/_sandbox` side.

    Args:
        url: Where the sandbox listens.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, trust_env=False)

    def misbehave(self, fault: Fault) -> None:
        """Add a fault to those that are still to happen."""
        self._http.post("/_sandbox/faults", content=fault.model_dump_json()).raise_for_status()

    def behave(self) -> None:
        """Forget all faults."""
        self._http.delete("/_sandbox/faults").raise_for_status()

    def parcels(self, case_no: str = "") -> list[dict[str, Any]]:
        """Return the parcels of a case, or all: `case_no`, `leg`, `key`, `waybill`, `state`."""
        return self._read("/_sandbox/parcels", {"case_no": case_no})

    def made(self, service: str, case_no: str = "") -> list[dict[str, Any]]:
        """Return what a service (`order`, `refund`, `payout`, …) made: `key` and its answer now."""
        return self._read(f"/_sandbox/made/{service}", {"case_no": case_no})

    def requests(self) -> list[dict[str, Any]]:
        """Return every request: `at`, `method`, `path`, `key`, `digest` of its body, `status`."""
        return self._read("/_sandbox/requests", {})

    def _read(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        response = self._http.get(path, params=query).raise_for_status()
        found: list[dict[str, Any]] = response.json()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()
