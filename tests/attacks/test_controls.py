"""Each control taken away alone lets the attack through that it keeps out; with it, the same attack fails."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.attacks.campaign import attack, reply_and_go_on
from tests.attacks.controls import CONTROLS, Control, no_role
from tests.attacks.judge import Breach, judge
from tests.attacks.payloads import Channel
from tests.attacks.siege import Plan, besieged


def breaches(folder: Path, url: str, control: Control, *, held: bool) -> list[Breach]:
    """What gets through of the control's own attack."""
    plan = Plan([control.channel], [control.tries or control.goal])
    with besieged(folder, url, plan) as siege:
        given = control.given or (lambda _siege: nullcontext())
        with given(siege), nullcontext() if held else control.removed(siege):
            attack(siege, folder / "in")
            if control.channel is Channel.REPLY:
                reply_and_go_on(siege, folder / "replies")
            return judge(siege)


OF_THE_DATABASE = [control for control in CONTROLS if control.given]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_without_it_the_attack_gets_through(tmp_path: Path, sqlite_url: str, control: Control) -> None:
    found = breaches(tmp_path, sqlite_url, control, held=False)
    assert {breach.goal for breach in found} >= {control.goal}, found


@pytest.mark.parametrize("control", OF_THE_DATABASE, ids=lambda control: control.name)
def test_with_it_the_same_attack_fails(tmp_path: Path, sqlite_url: str, control: Control) -> None:
    assert breaches(tmp_path, sqlite_url, control, held=True) == []


@pytest.mark.parametrize("held", [True, False], ids=["held", "removed"])
def test_on_postgresql_the_role_holds_too(tmp_path: Path, postgres_url: str, held: bool) -> None:
    """One of those that each database keeps in its own way; `make torture` has all of them there."""
    control = next(one for one in OF_THE_DATABASE if one.removed is no_role)
    found = breaches(tmp_path, postgres_url, control, held=held)
    assert ({breach.goal for breach in found} >= {control.goal}) != held, found
