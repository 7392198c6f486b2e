"""The list of undos, on plain objects: what is on it, when, and in which order."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from compiler.applicant import Applicant
from compiler.catalogue import Catalogue
from workflows import contracts, undo
from workflows.contracts import CANCEL_PARCEL, CLOSE_ORDER, ActivityRef, Filing, Recall, Tempo
from workflows.handover import HomeSide
from workflows.side import Docket
from workflows.state import CaseState, Undo
from workflows.steps.runners import AT_HOME

PLAN = Catalogue.load(Path(__file__).parent.parent / "data" / "money").plan("2020-25", "online")


def home() -> HomeSide:
    """A case at home that has left nothing behind yet."""
    docket = Docket(
        case_no="440000-20261120-ABCDEFGH",
        plan=PLAN,
        filing=Filing(applicant=Applicant(kind="individual", name="林晓梅"), application={}),
        divisions=dict.fromkeys(PLAN.places, "440000"),
        tempo=Tempo(),
        place=PLAN.home,
        home_workflow="case/gdzwfw/1",
    )
    return HomeSide(docket, CaseState(), AT_HOME)


def test_the_undo_is_registered_before_the_request_is_made() -> None:
    """Whoever makes the request finds the undo on the list, under the request's own key."""
    side = home()
    seen: list[list[Undo]] = []

    def make(key: str) -> Recall:
        seen.append(list(side.state.undo))
        return Recall(key=key)

    assert undo.armed(side, "pay", CLOSE_ORDER, make)("k1") == Recall(key="k1")
    assert seen == [[Undo(step="pay", effect="close_order", key="k1")]]


def test_asking_anew_replaces_the_undo() -> None:
    """The key before was refused: there is nothing under it."""
    side = home()
    make = undo.armed(side, "pay", CLOSE_ORDER, lambda key: Recall(key=key))
    make("k1")
    make("k2")
    assert [entry.key for entry in side.state.undo] == ["k2"]


def test_everything_that_is_taken_back_by_its_key_has_an_undo() -> None:
    """An activity that takes a `Recall` and is not in the table would be armed in vain."""
    refs = [ref for ref in vars(contracts).values() if isinstance(ref, ActivityRef)]
    assert {ref.name for ref in refs if ref.takes is Recall} == set(undo.UNDOING)


STEPS = st.sampled_from(["pay", "dispatch", "deliver"])
REFS = st.sampled_from([CLOSE_ORDER, CANCEL_PARCEL])


@given(st.lists(st.tuples(STEPS, REFS, st.booleans())))
def test_at_most_one_undo_a_step_and_kind(
    acts: list[tuple[str, ActivityRef[Recall, object], bool]],
) -> None:
    """However effects are asked for and settled, exactly what is unsettled can be taken back."""
    side = home()
    expected: dict[tuple[str, str], str] = {}
    for number, (step, ref, settled) in enumerate(acts):
        expected.pop((step, ref.name), None)
        if settled:
            undo.disarm(side, step, ref)
        else:
            undo.armed(side, step, ref, lambda key: Recall(key=key))(str(number))
            expected[step, ref.name] = str(number)
    assert [((u.step, u.effect), u.key) for u in side.state.undo] == list(expected.items())
    carried = CaseState.model_validate(side.state.model_dump(mode="json"))
    assert carried.undo == side.state.undo
