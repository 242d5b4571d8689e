"""The drawings beside the numbers."""

from lxml import html

from outreach.pages.charts import Bar, Point, bars, line


def test_bars_are_a_table_with_drawings() -> None:
    figure = html.fromstring(
        bars("Replies", [Bar("<A>", 0.1, "1 of 10", 0.02, 0.4), Bar("B", 0.2, "2 of 10", 0.05, 0.5)], most=1)
    )
    assert figure.findtext("figcaption") == "Replies"
    assert [cell.text_content() for cell in figure.iter("th")] == ["<A>", "B"]
    assert [cell.text_content() for cell in figure.find_class("said")] == ["1 of 10", "2 of 10"]
    assert [one.get("width") for one in figure.find_class("fill")] == ["10.0", "20.0"]
    assert figure.find_class("whisker")[0].get("d") == "M2.0 5H40.0M2.0 2V8M40.0 2V8"
    assert all(svg.get("aria-hidden") == "true" for svg in figure.iter("svg"))


def test_the_greatest_end_fills_the_drawing_and_nothing_goes_beyond() -> None:
    figure = html.fromstring(bars("Sent", [Bar("A", 5, "5"), Bar("B", 10, "10"), Bar("C", -1, "-1")]))
    assert [one.get("width") for one in figure.find_class("fill")] == ["50.0", "100.0", "0"]
    assert not figure.find_class("whisker")
    figure = html.fromstring(bars("None", [Bar("A", 0, "0")]))
    assert figure.find_class("fill")[0].get("width") == "0.0"


def test_a_line_breaks_where_a_week_is_missing() -> None:
    weeks = [Point("1 Mar", 1, "1"), Point("8 Mar", 2, "2"), Point("15 Mar", None, "none"), Point("22 Mar", 4, "4")]
    figure = html.fromstring(line("Sent", weeks))
    assert figure.find_class("curve")[0].get("d") == "M2.00 29.00L34.00 20.00M98.00 2.00"
    assert figure.find_class("dots")[0].get("d").count("M") == 3
    assert [cell.text_content() for cell in figure.find_class("said")] == ["1", "2", "none", "4"]
    assert figure.find_class("ends")[0].text_content() == "1 Mar22 Mar"


def test_nothing_to_draw() -> None:
    assert bars("Sent", []) == ""
    assert line("Sent", []) == ""
    assert "NaN" not in line("Sent", [Point("1 Mar", None, "none")])
