"""What a test of simulations has: Plans, and cases of them that are ready to be played."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.catalogue import Catalogue
from compiler.plan import Plan
from engine.topology import Topology
from simulation.filing import file
from simulation.paths import script_of
from simulation.runs import Spec


@dataclass(frozen=True)
class Shelf:
    """The catalogue's Plans."""

    catalogue: Catalogue
    topology: Topology
    plans: tuple[Plan, ...]

    def plan(self, matter: str, mode: str) -> Plan:
        return next(p for p in self.plans if (p.matter, p.mode) == (matter, mode))

    def spec(self, plan: Plan, path: str, number: int = 1) -> Spec:
        """Return a case of a Plan on a path."""
        script = script_of(plan, path)
        assert script is not None
        return Spec(path=path, case=file(self.catalogue, plan, self.topology, script, number))
