"""Limits of a run's money, tokens and calls, and what a call may still take."""

import asyncio

import pytest
from pydantic import ValidationError

from agents.models import BudgetSpent, ModelSettings, Prices, RunBudget, Usage, current_budget, spending


def use(budget: RunBudget, usage: Usage) -> None:
    with budget.one_call() as report:
        report(usage)


def test_each_limit_says_which_how_far_and_how_to_raise_it() -> None:
    for budget, words in (
        (RunBudget(max_calls=1), "1 of 1 calls; raise OUTREACH_MAX_CALLS"),
        (RunBudget(max_tokens=100), "120 of 100 tokens; raise OUTREACH_MAX_TOKENS"),
        (RunBudget(max_cost_usd=0.01), r"\$0.0120 of \$0.0100; raise OUTREACH_MAX_COST_USD"),
    ):
        use(budget, Usage(100, 20, 0, 0.012))
        with pytest.raises(BudgetSpent, match=words):
            use(budget, Usage())
        assert budget.calls == 1


def test_calls_under_way_count() -> None:
    budget = RunBudget(max_calls=1)
    with budget.one_call(), pytest.raises(BudgetSpent):
        use(budget, Usage())
    assert budget.calls == 0
    use(budget, Usage())


def test_known_cost_is_kept_when_another_call_s_cost_is_not_known() -> None:
    budget = RunBudget(max_cost_usd=1.0)
    use(budget, Usage(cost_usd=None))
    use(budget, Usage(cost_usd=1.5))
    assert budget.spent.cost_usd is None
    with pytest.raises(BudgetSpent):
        budget.check()


def test_what_was_used_before_counts() -> None:
    with pytest.raises(BudgetSpent, match="10 of 10 calls"):
        RunBudget(10, 1000, calls=10).check()
    with pytest.raises(BudgetSpent, match="1000 of 1000 tokens"):
        RunBudget(10, 1000, spent=Usage(tokens_in=900, tokens_out=100)).check()


def test_the_limits_are_those_of_the_settings() -> None:
    budget = RunBudget.of(ModelSettings(name="m", max_calls=1))
    budget.check()
    use(budget, Usage(tokens_in=1))
    with pytest.raises(BudgetSpent, match="1 of 1 calls"):
        budget.check()


async def test_tasks_share_the_budget_of_their_run() -> None:
    async def step() -> None:
        use(current_budget(), Usage(tokens_in=1))

    with spending(RunBudget()) as first:
        await asyncio.gather(step(), step(), asyncio.to_thread(use, current_budget(), Usage(tokens_in=1)))
        with spending(RunBudget()) as second:
            await step()
        assert current_budget() is first
    assert (first.calls, second.calls) == (3, 1)
    assert current_budget() is not first


def test_a_limit_of_money_without_prices_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs prices"):
        ModelSettings(name="m", max_cost_usd=1.0)
    ModelSettings(name="m", max_cost_usd=1.0, prices=Prices(input=1, output=2))
    ModelSettings(max_cost_usd=1.0)  # rules: nothing to limit
