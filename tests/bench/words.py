"""The vocabulary of the generated workspaces."""

from __future__ import annotations

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


NOUNS = _words("""
account address agent alert article asset audit badge batch booking bundle campaign carrier cart catalog channel charge
claim client comment contract coupon credit customer dataset delivery deposit device dispatch document driver event
export feature feed folder forecast gateway group guest insight invoice item job journal label lead ledger lesson
license listing location lot manifest member merchant message meter milestone network note notice offer order outlet
package parcel partner patient payment payout permit plan player policy portfolio position price product profile project
promotion proposal provider purchase quota quote rating receipt record refund region release rental report request
reservation resource response review reward role route rule sample schedule screen seat segment sensor session shift
shipment signal site slot snapshot source stage statement station stock store subject survey tariff task tax team tenant
terminal theme ticket token topic tour track trade transfer trip unit upload usage vehicle vendor venue version visit
voucher wallet warehouse webhook widget worker zone
""")

ASPECTS = _words("""
entry line log state history detail batch draft archive limit change owner status summary quota metric setting member
contact reason category attachment reminder approval comment revision template schedule reference
""")

VERBS = _words("""
check collect convert deliver export fetch filter find group ingest index list load match merge parse prune publish
render replay resolve review score select settle sort split store submit sync track update verify weigh
""")

AREAS = _words("""
billing catalogue shipping identity support analytics inventory messaging scheduling payments reporting onboarding
search pricing compliance partners content devices learning travel
""")


def class_name(snake: str) -> str:
    return "".join(part.capitalize() for part in snake.split("_"))


def entities(rng: Random, count: int) -> list[str]:
    """So many different names of things, in snake case, singular."""
    plain = NOUNS.copy()
    rng.shuffle(plain)
    pairs = [f"{noun}_{aspect}" for noun in NOUNS for aspect in ASPECTS if noun != aspect]
    rng.shuffle(pairs)
    third = count // 3
    chosen = plain[:third]
    chosen += pairs[: count - len(chosen)]
    rng.shuffle(chosen)
    return chosen
