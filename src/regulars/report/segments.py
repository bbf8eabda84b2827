"""What the RFM segments are called, in which tone they are shown, and who is in them. It loads no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regulars.kit.i18n import gettext
from retention.reasons import mark


@dataclass(frozen=True, slots=True)
class SegmentLook:
    """The name of a segment, its colour (`good`, `plain`, `warn` or `bad`), and who is in it."""

    name: str
    tone: str
    who: str


SEGMENTS: Mapping[str, SegmentLook] = {
    "champions": SegmentLook(mark("Champions"), "good", mark("Bought lately, buy often and spend most.")),
    "loyal": SegmentLook(mark("Loyal"), "good", mark("Come back often and spend well.")),
    "potential_loyalists": SegmentLook(
        mark("Potential loyalists"), "info", mark("Bought lately and more than once: on the way to becoming loyal.")
    ),
    "new": SegmentLook(mark("New"), "info", mark("Bought for the first time a short while ago.")),
    "promising": SegmentLook(mark("Promising"), "info", mark("Fairly recent, but with little bought so far.")),
    "need_attention": SegmentLook(
        mark("Need attention"), "warn", mark("Above the middle in all, but not seen very lately.")
    ),
    "about_to_sleep": SegmentLook(
        mark("About to sleep"), "warn", mark("Below the middle in all: will be lost if nothing happens.")
    ),
    "at_risk": SegmentLook(mark("At risk"), "bad", mark("Used to buy often, but not for a long time.")),
    "cannot_lose": SegmentLook(
        mark("Cannot lose them"), "bad", mark("Were among the best, and have not been seen for a long time.")
    ),
    "hibernating": SegmentLook(mark("Hibernating"), "plain", mark("Bought little, and long ago.")),
    "lost": SegmentLook(mark("Lost"), "plain", mark("Bought least, and longest ago.")),
}


def segment_look(code: str) -> SegmentLook:
    """Return how a segment looks; one that is not ours keeps its code as its name."""
    look = SEGMENTS.get(code)
    if look is None:
        return SegmentLook(code.replace("_", " ").capitalize(), "plain", "")
    return SegmentLook(gettext(look.name), look.tone, gettext(look.who))
