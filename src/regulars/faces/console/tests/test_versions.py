"""Versions: published now or later and never in the past, compared, brought back; documents out and in again."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from regulars.faces.console.tests import programs_shop, shop
from regulars.faces.console.tests.programs_shop import KEY, LIVED, PLAIN
from regulars.faces.console.tests.serving import client_of, words
from regulars.faces.console.tests.test_rule_editing import errors, fields
from regulars.loyalty.definitions.queries import get_draft, get_newest_version, get_program, get_version, list_versions
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.writing import to_yaml
from regulars.staff.contracts import Role
from regulars.staff.queries import list_audit_entries

PAGE = f"/loyalty/programs/{KEY}"
VERSIONS = f"{PAGE}/versions"
PUBLISH = f"{VERSIONS}/publish"
VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.begins_with(what=programs_shop.lived)
def test_the_draft_is_told_with_its_check_and_what_it_changes(owner: Client) -> None:
    text = words(owner.get(VERSIONS).text)
    assert "The draft holds changes that are not published yet. 1 part changes." in text
    assert "The check finds nothing wrong: it can be published." in text
    assert "From version 1 to the draft" in text
    assert "before 3 points of Beans for each piece" in text
    assert "after 5 points of Beans for each piece" in text
    assert "Version 1 in force" in text
    assert "The beginning." in text


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_draft_is_published_once_what_will_happen_was_named(owner: Client) -> None:
    page = owner.get(PUBLISH).text
    assert "The draft becomes version 2, for all members." in words(page)
    told = {"digest": get_draft(KEY).digest, "note": "More for pieces."}
    done = owner.post(PUBLISH, told, follow=True)
    assert "Version 2 is published and in force." in words(done.text)
    [newest, _] = list_versions(KEY)
    assert (newest.number, newest.note) == (2, "More for pieces.")
    assert not get_program(KEY).has_draft
    assert "Mira Oduya" in done.text
    actions = [entry.action for entry, _ in list_audit_entries(limit=5)]
    assert "program.published" in actions
    # There is nothing left to publish.
    assert "There is no draft to publish." in owner.get(PUBLISH, follow=True).text


@pytest.mark.begins_with(what=programs_shop.lived)
def test_who_moves_is_told_before_it_is_published(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = f'href="{PUBLISH}?moves=1#moves"'
    assert link in owner.get(PUBLISH).text
    assert "Status Nobody moves." in words(owner.get(PUBLISH, {"moves": "1"}).text)
    programs_shop.drafted(LIVED.replace("threshold: 50", "threshold: 7"))
    told = owner.get(PUBLISH, {"moves": "1", "effective_at": ""}).text
    assert link not in told
    assert "6 members move: 6 up, 0 down." in words(told)
    assert "Green Roasted 6 " in words(told)
    later = shop.now().astimezone(VIENNA) + timedelta(days=9)
    told = owner.get(PUBLISH, {"moves": "1", "effective_at": f"{later:%Y-%m-%dT%H:%M}"}).text
    assert "6 members move" in words(told)
    past = owner.get(PUBLISH, {"moves": "1", "effective_at": "2020-01-01T00:00"}).text
    assert "this one comes after it" in words(past)
    monkeypatch.setattr("regulars.faces.console.loyalty.programs.moving.MOST_AT_ONCE", 0)
    assert "too many to be followed while you wait" in words(owner.get(PUBLISH, {"moves": "1"}).text)


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_version_is_effective_later_but_never_in_the_past(owner: Client) -> None:
    digest = get_draft(KEY).digest
    there = shop.now().astimezone(VIENNA)
    past = f"{there - timedelta(days=1):%Y-%m-%dT%H:%M}"
    page = owner.post(PUBLISH, {"digest": digest, "effective_at": past}).text
    assert errors(page) == ["A version is never effective in the past."]
    assert len(list_versions(KEY)) == 1
    later = (there + timedelta(days=9)).replace(second=0, microsecond=0)
    page = owner.post(PUBLISH, {"digest": digest, "effective_at": f"{later:%Y-%m-%dT%H:%M}"}, follow=True).text
    assert "Version 2 is published, and in force from" in words(page)
    assert list_versions(KEY)[0].effective_at == later
    assert "Version 2 to come" in words(page)
    # What is to come is told where rules are listed, and what is in force stays so.
    assert "5 points of Beans for each piece" in words(owner.get(f"{PAGE}/rules").text)
    assert "Version 1 is in force." in owner.get(f"{PAGE}/rules").text


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_draft_that_somebody_has_changed_meanwhile_is_not_published(owner: Client) -> None:
    told = fields(owner.get(PUBLISH).text.replace('class="form apart-above"', 'id="publish"'), "publish")
    assert told["digest"] == [get_draft(KEY).digest]
    programs_shop.drafted(LIVED.replace("name: The Roastery Club", "name: Another"))
    page = owner.post(PUBLISH, told).text
    assert "Somebody else has changed this programme meanwhile" in page
    assert len(list_versions(KEY)) == 1


@pytest.mark.begins_with(what=programs_shop.lived)
def test_what_is_wrong_with_a_draft_leads_to_where_it_is_mended(owner: Client) -> None:
    programs_shop.drafted(LIVED.replace("condition: orders.count >= 1", "condition: orders.cuont >= 1"))
    page = owner.get(VERSIONS).text
    assert "1 thing keeps it from being published:" in page
    assert f'<a href="{PAGE}/rules/pieces">Three beans for each piece, from the second order on · condition</a>' in page
    assert "Is orders.count meant?" in owner.get(f"{PAGE}/rules").text
    page = owner.post(PUBLISH, {"digest": get_draft(KEY).digest}).text
    assert "It cannot be published as it is" in page
    assert len(list_versions(KEY)) == 1


@pytest.mark.begins_with(what=programs_shop.lived)
def test_an_earlier_version_is_brought_back_as_the_next_and_the_draft_stays(owner: Client) -> None:
    owner.post(PUBLISH, {"digest": get_draft(KEY).digest})
    programs_shop.drafted(LIVED.replace("name: The Roastery Club", "name: Another"))
    page = owner.get(VERSIONS).text
    assert f'href="{PUBLISH}?version=1"' in page
    assert f'href="{PUBLISH}?version=2"' not in page
    asked = words(owner.get(f"{PUBLISH}?version=1").text)
    assert "Its document is published again, as version 3." in asked
    assert "after 3 points of Beans for each piece" in asked
    page = owner.post(f"{PUBLISH}?version=1", {"note": "It cost too much."}, follow=True).text
    assert "Version 1 again. It cost too much." in words(page)
    newest = get_newest_version(KEY)
    assert newest
    assert newest.number == 3
    assert newest.digest == get_version(KEY, 1).digest
    assert get_draft(KEY).document.name == "Another"
    assert owner.get(f"{PUBLISH}?version=9").status_code == 404


@pytest.mark.begins_with(what=programs_shop.lived)
def test_any_two_are_compared_in_words(owner: Client) -> None:
    changed = LIVED.replace("threshold: 50", "threshold: 40").replace("cost: 200", "cost: 250")
    changed = changed.replace("funding: goodwill", "funding: partner")
    programs_shop.drafted(changed)
    owner.post(PUBLISH, {"digest": get_draft(KEY).digest})
    text = words(owner.get(f"{VERSIONS}?from=1&to=2").text)
    assert "Tier set Status changed tiers · “Roasted” · threshold 50 → becomes 40" in text
    assert "Reward A coffee changed cost 200 → becomes 250" in text
    # What the sentence of a rule does not say is told by itself.
    assert "Rule Happy birthday changed whose money the points are goodwill → becomes partner" in text
    assert "They are the same." in owner.get(f"{VERSIONS}?from=2&to=2").text
    assert "From version 1 to version 2" in words(owner.get(f"{VERSIONS}?from=x&to=9").text)


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_draft_is_discarded_and_what_is_published_stays(owner: Client) -> None:
    page = owner.post(f"{VERSIONS}/discard", follow=True).text
    assert "The draft is discarded." in page
    assert not get_program(KEY).has_draft
    assert get_newest_version(KEY)


def test_a_programme_whose_only_draft_is_discarded_is_none(owner: Client) -> None:
    shop.business()
    programs_shop.drafted()
    assert "No programme yet" in owner.post(f"{VERSIONS}/discard", follow=True).text
    assert owner.get(PAGE).status_code == 404


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_document_goes_out_and_comes_in_again(owner: Client) -> None:
    for query, name in (("", "club-draft.yaml"), ("?form=json", "club-draft.json"), ("?version=1", "club-1.yaml")):
        answer = owner.get(f"{PAGE}/text/download{query}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        document = get_version(KEY, 1).document if "version" in query else get_draft(KEY).document
        assert read_program(answer.content).program == document
        file = SimpleUploadedFile(name, answer.content)
        shown = owner.post(f"{PAGE}/text/upload", {"file": file}).text
        assert "This is the file as it was sent." in shown
        told = fields(shown, "document")
        assert read_program(told["text"][0].strip()).program == document
    # Nothing is kept of a file before somebody keeps it.
    assert get_draft(KEY).document != get_version(KEY, 1).document
    assert owner.post(f"{PAGE}/text", told | {"save": "1"}).status_code == 302
    assert get_draft(KEY).document == get_version(KEY, 1).document


@pytest.mark.begins_with(what=programs_shop.lived)
def test_what_is_no_document_is_refused(owner: Client) -> None:
    for content, said in ((b"\xff\xfe", "not UTF-8"), (b"#" * (2**20 + 1), "1 MB at most"), (b"", "Choose a file")):
        file = SimpleUploadedFile("club.yaml", content)
        page = owner.post(f"{PAGE}/text/upload", {"file": file}, follow=True).text
        assert said in page, content[:5]
    assert client_of(Role.ANALYST).post(f"{PAGE}/text/upload").status_code == 403


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_text_says_what_is_wrong_at_its_line(owner: Client) -> None:
    digest = get_draft(KEY).digest
    text = to_yaml(get_draft(KEY).document)
    lines = text.split("\n")
    number = next(n for n, line in enumerate(lines, start=1) if "orders.count" in line)
    wrong = text.replace("orders.count", "orders.cuont")
    said = words(owner.post(f"{PAGE}/text/check", {"text": wrong}).text)
    assert "It can be kept; 1 thing keeps it from being published." in said
    assert f"Line {number} There is no fact orders.cuont. Is orders.count meant?" in said or f"Line {number}" in said
    unreadable = text.replace("points: 5", "points: five")
    number = next(n for n, line in enumerate(unreadable.split("\n"), start=1) if "five" in line)
    page = owner.post(f"{PAGE}/text", {"save": "1", "digest": digest, "text": unreadable}).text
    assert "It cannot be kept like this." in page
    assert f"Line {number}" in page
    # What was written is still there.
    assert "points: five" in page
    assert get_draft(KEY).digest == digest
    other = words(owner.post(f"{PAGE}/text/check", {"text": PLAIN.replace("program: club", "program: other")}).text)
    assert "Line 1 This is the programme club, whose key never changes; the document names other." in other
    assert "Nothing is wrong with it" in owner.post(f"{PAGE}/text/check", {"text": text}).text


@pytest.mark.begins_with(what=programs_shop.lived)
def test_who_writes_over_what_somebody_else_has_written_says_so(owner: Client) -> None:
    told = fields(owner.get(f"{PAGE}/text").text, "document")
    told["text"] = [told["text"][0].replace("The Roastery Club", "Mine")]
    programs_shop.drafted(LIVED.replace("name: The Roastery Club", "name: Another"))
    page = owner.post(f"{PAGE}/text", told | {"save": "1"}).text
    assert "Somebody else has changed this programme meanwhile" in page
    assert "The last was tests." in page
    assert get_draft(KEY).document.name == "Another"
    assert owner.post(f"{PAGE}/text", told | {"save": "1", "over": "1"}).status_code == 302
    assert get_draft(KEY).document.name == "Mine"
