"""A programme as a shop might have it, with something of each part: it stands in the reference, and is checked."""

EXAMPLE = """\
format: 1
program: club
name: The Roastery Club
description: Points for coffee, and something back for those who stay.
zone: Europe/Vienna
enrolment: {by: asking}

currencies:
  - key: beans
    name: Beans
    cost: {EUR: 0.01}
    expiry: {kind: rolling, after: 12 months, round_to: month}
  - key: stars
    name: Stars
    kind: status

rules:
  # One bean for each euro of what is paid, once the order was delivered and could have been returned.
  - key: shopping
    name: A bean for each euro
    on: {kind: order}
    currency: beans
    grant: {kind: per_amount, points: 1, per: {EUR: 1, CHF: 1}}
    activation: {kind: event, event: order.delivered, after: 14 days, cancel_after: 60 days}
  - key: pieces
    name: Three beans for each piece, from the second order on
    on: {kind: line}
    condition: orders.count >= 1
    currency: beans
    grant: {kind: per_item, points: 3}
    caps:
      - {scope: member, period: month, points: 60}
  - key: happy_hour
    name: Twice as much on Tuesday evenings
    on: {kind: order}
    currency: beans
    grant: {kind: multiplier, factor: 2, of: [shopping]}
    hours: {rrule: FREQ=WEEKLY;BYDAY=TU;BYHOUR=17;BYMINUTE=0, minutes: 180}
  - key: welcome
    name: Welcome
    on: {kind: enrolment}
    currency: beans
    grant: {kind: fixed, points: 100}
    budgets: [welcome]
    funding: welcome
    counts_for_tiers: false
  - key: birthday
    name: Happy birthday
    on: {kind: anniversary, of: profile.birthday}
    currency: beans
    grant: {kind: fixed, points: 50}
    expiry: {kind: rolling, after: 30 days}
    funding: goodwill
  - key: climbing
    name: A star for each ten euros
    on: {kind: order}
    currency: stars
    grant: {kind: per_amount, points: 1, per: {EUR: 10, CHF: 10}}

budgets:
  - {key: welcome, name: Welcome points, period: year, money: 5000}

tier_sets:
  - key: status
    name: Status
    basis: {kind: points, currency: stars}
    period: {kind: calendar}
    grace_days: 30
    tiers:
      - {key: green, name: Green}
      - key: roasted
        name: Roasted
        threshold: 50
        benefits:
          multipliers: {beans: 1.25}
          free_shipping: true
          birthday_reward: coffee
          words: [Free shipping, A coffee on your birthday]

vouchers:
  - key: five
    name: Five euros off
    off: {kind: amount, amount: {EUR: 5}}
    minimum: {EUR: 20}
    good_for: 3 months
  - key: spring
    name: A tenth off in spring
    off: {kind: percent, percent: 10, most: {EUR: 15}}
    pattern: SPRING26
    uses: 10000
    uses_per_member: 1
    dates: {start: 2026-03-01, end: 2026-05-31}

rewards:
  - key: five
    name: Five euros off
    gives: {kind: voucher, series: five}
    cost: 500
    currencies: [beans]
  - key: coffee
    name: A coffee
    gives: {kind: gift}
    cost: 200
    currencies: [beans]
    limits:
      - {period: day, times: 1}
  - key: pay
    name: Pay with beans
    gives: {kind: pay_with_points, value: {EUR: 0.01}, least_points: 100, most_percent: 50}
    currencies: [beans]
  - key: tasting
    name: An evening of tasting
    gives: {kind: event_access, event: Tasting}
    cost: 1500
    currencies: [beans]
    stock: 20
    tiers: [status.roasted]

authority:
  by_role: {owner: 100000, manager: 10000, agent: 500}
  second_above: 5000
"""
