"""A service that plays every outside system over a real socket, and can be told to misbehave."""

from gateways.sandbox.app import create_app
from gateways.sandbox.store import SandboxStore

__all__ = ["SandboxStore", "create_app"]
