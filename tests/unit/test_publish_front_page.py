"""The front page's links lead to what is there, each page in its own language."""

from pipeline.publish.front_page.page import links_of


def test_what_was_made_of_a_month_is_linked_by_language_the_last_month_first(home):
    for month in ("2024-01", "2024-02"):
        for name in ("county", "office/county", "office/quality", "agencies/health"):
            for language in ("zh", "en"):
                path = home.reports / "bulletins" / month / f"{name}_{language}.html"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("", encoding="utf-8")
    of_months = [link for link in links_of(home) if link.language]
    assert [(link.href, link.more.en) for link in of_months if link.language == "zh"] == [
        (f"bulletins/{month}/{name}_zh.html", month)
        for month in ("2024-02", "2024-01")
        for name in ("county", "office/county", "office/quality")
    ]
    assert len({(link.label.en, link.more.en, link.language) for link in of_months}) == len(of_months) == 12
    assert all((home.reports / link.href).exists() for link in of_months)
