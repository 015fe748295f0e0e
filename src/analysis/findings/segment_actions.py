"""What to do with a segment, by the rule that named it."""

from analysis.report.wording import msgid

__all__ = ["ACTIONS", "OTHERWISE"]

#: By naming rule. A rule that is not here (a column that no rule knows) gets the last suggestion.
ACTIONS = msgid(
    {
        "loyal_high_spenders": "look after them first: personal contact, early access, quick help when "
        "something goes wrong",
        "lapsing_high_spenders": "win them back personally and soon: ask what went wrong before offering anything",
        "lapsing_frequent_buyers": "remind them of what they used to order, and make ordering again easy",
        "frequent_buyers": "offer what goes with their usual order, so that the basket grows",
        "big_basket_buyers": "find out what brings them back: reminders timed to their rhythm, delivery on a schedule",
        "new_customers": "help towards the next order: show them the range, and give a good reason to return soon",
        "lost_occasional_buyers": "spend little here: one low-cost message, and only to those who agreed to "
        "be written to",
        "lapsing_customers": "send a reminder with something new since their last order, and stop where "
        "nothing comes back",
        "browsers": "help them decide: answer what they look at often, make small first orders attractive",
        "newer_occasional_buyers": "show the range: what others bought next after a similar first order",
        "occasional_buyers": "give occasions to order: seasonal messages tied to what they bought before",
        "small_spenders": "offer bundles and thresholds for free delivery, and watch the cost of serving them",
        "active_regulars": "keep the rhythm: reliable stock of what they order, and a programme that rewards returning",
        "long_standing_customers": "thank them, and ask what they now buy elsewhere",
    }
)
OTHERWISE = msgid("treat them as all customers, until a trial shows that something else works better")
