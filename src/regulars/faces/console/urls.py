"""The addresses of the console. Each page says who may see it; a test looks at all of them."""

from __future__ import annotations

from django.urls import path

from regulars.faces.console import (
    api_keys,
    audit,
    business,
    customer_page,
    dead_letters,
    design,
    exports,
    joining,
    merging,
    notes,
    orders,
    palette,
    policy,
    preferences,
    profiles,
    rfm,
    shops,
    team,
    traits,
    value,
)
from regulars.faces.console.cohorts import page as cohorts
from regulars.faces.console.finding import bulk, filtering, listing, views
from regulars.faces.console.importing import columns as import_columns
from regulars.faces.console.importing import listing as import_listing
from regulars.faces.console.importing import one as import_one
from regulars.faces.console.importing import sending as import_sending
from regulars.faces.console.loyalty.members import adjustments, doing
from regulars.faces.console.loyalty.members import listing as member_listing
from regulars.faces.console.loyalty.members import one as member_one
from regulars.faces.console.loyalty.programs import condition as program_condition
from regulars.faces.console.loyalty.programs import listing as program_listing
from regulars.faces.console.loyalty.programs import overview as program_overview
from regulars.faces.console.loyalty.programs import publishing as program_publishing
from regulars.faces.console.loyalty.programs import rule_editing, text_editing, trying
from regulars.faces.console.loyalty.programs import rules as program_rules
from regulars.faces.console.loyalty.programs import tiers as program_tiers
from regulars.faces.console.loyalty.programs import versions as program_versions
from regulars.faces.console.loyalty.rewards import listing as reward_listing
from regulars.faces.console.loyalty.rewards import redemptions
from regulars.faces.console.loyalty.till import counter, handing
from regulars.faces.console.loyalty.till import page as till_page
from regulars.faces.console.loyalty.vouchers import listing as voucher_listing
from regulars.faces.console.loyalty.vouchers import one as voucher_one
from regulars.faces.console.overview import metric
from regulars.faces.console.overview import page as overview
from regulars.faces.console.products import listing as product_listing
from regulars.faces.console.products import one as product_one
from regulars.faces.console.reporting import listing as report_listing
from regulars.faces.console.reporting import one as report_one
from regulars.faces.console.reporting import runs as report_runs
from regulars.faces.console.reporting import schedules as report_schedules

app_name = "console"

# A part of a page, or what a page's form posts to, is named after the page: `api-keys.create`.
urlpatterns = [
    path("", overview.home, name="home"),
    path("overview", overview.overview, name="overview"),
    path("metrics/<str:name>", metric.metric, name="metric"),
    path("metrics/<str:name>/target", metric.target, name="metric.target"),
    path("palette", palette.palette, name="palette"),
    path("preferences", preferences.choose, name="preferences"),
    path("policy-report", policy.report, name="policy-report"),
    path("customers", listing.customer_list, name="customers"),
    path("customers/filter", filtering.filter_part, name="customers.filter"),
    path("customers/filter/complete", filtering.complete_part, name="customers.filter.complete"),
    path("customers/columns", listing.choose_columns, name="customers.columns"),
    path("customers/count", filtering.count_part, name="customers.count"),
    path("customers/tag", bulk.tag, name="customers.tag"),
    path("customers/tag/undo", bulk.undo, name="customers.tag.undo"),
    path("customers/export", bulk.export, name="customers.export"),
    path("customers/views", views.save, name="customers.views"),
    path("customers/views/undo", views.undo, name="customers.views.undo"),
    path("customers/views/<uuid:view_id>/remove", views.remove, name="customers.views.remove"),
    path("customers/<uuid:customer_id>", customer_page.customer_page, name="customer"),
    path("customers/new", profiles.new, name="customers.new"),
    path("customers/<uuid:customer_id>/panel", listing.panel, name="customer.panel"),
    path("customers/<uuid:customer_id>/edit", profiles.edit, name="customer.edit"),
    path("customers/<uuid:customer_id>/identifiers", profiles.add_identifier, name="customer.identifiers"),
    path(
        "customers/<uuid:customer_id>/identifiers/remove",
        profiles.remove_identifier,
        name="customer.identifiers.remove",
    ),
    path("customers/<uuid:customer_id>/merge", merging.merge, name="customer.merge"),
    path("customers/<uuid:customer_id>/merges/<uuid:merge_id>/undo", merging.undo, name="customer.unmerge"),
    path("customers/<uuid:customer_id>/orders", orders.orders_of, name="customer.orders"),
    path("customers/<uuid:customer_id>/notes", notes.add, name="customer.notes"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/remove", notes.remove, name="customer.notes.remove"),
    path("customers/<uuid:customer_id>/tags", notes.tag, name="customer.tags"),
    path("customers/tags/undo", notes.undo_tags, name="customer.tags.undo"),
    path("customers/<uuid:customer_id>/loyalty", member_one.member_page, name="customer.loyalty"),
    path("customers/<uuid:customer_id>/loyalty/enrol", doing.enrol, name="customer.loyalty.enrol"),
    path("customers/<uuid:customer_id>/loyalty/leave", doing.leave, name="customer.loyalty.leave"),
    path("customers/<uuid:customer_id>/loyalty/adjust", doing.adjust, name="customer.loyalty.adjust"),
    path("customers/<uuid:customer_id>/loyalty/tiers/<str:tier_set>/lock", doing.lock, name="customer.loyalty.lock"),
    path(
        "customers/<uuid:customer_id>/loyalty/tiers/<str:tier_set>/unlock",
        doing.unlock,
        name="customer.loyalty.unlock",
    ),
    path(
        "customers/<uuid:customer_id>/loyalty/tiers/<str:tier_set>/invite",
        doing.invite_to,
        name="customer.loyalty.invite",
    ),
    path("orders/<uuid:order_id>", orders.order_page, name="order"),
    path("rfm", rfm.rfm, name="rfm"),
    path("rfm/run", rfm.run, name="rfm.run"),
    path("reports", report_listing.reports, name="reports"),
    path("reports/new", report_listing.new, name="reports.new"),
    path("reports/runs", report_runs.runs, name="reports.runs"),
    path("reports/runs/<uuid:run_id>/page", report_runs.page, name="reports.runs.page"),
    path("reports/runs/<uuid:run_id>/html", report_runs.html, name="reports.runs.html"),
    path("reports/runs/<uuid:run_id>/json", report_runs.json, name="reports.runs.json"),
    path("reports/schedules/new", report_schedules.new, name="reports.schedules.new"),
    path("reports/schedules/<uuid:schedule_id>", report_schedules.change, name="reports.schedules.change"),
    path("reports/schedules/<uuid:schedule_id>/pause", report_schedules.pause, name="reports.schedules.pause"),
    path("reports/schedules/<uuid:schedule_id>/resume", report_schedules.resume, name="reports.schedules.resume"),
    path("reports/schedules/<uuid:schedule_id>/remove", report_schedules.remove, name="reports.schedules.remove"),
    path("reports/<uuid:report_id>", report_one.one, name="reports.one"),
    path("reports/<uuid:report_id>/page", report_one.page, name="reports.page"),
    path("reports/<uuid:report_id>/html", report_one.html, name="reports.html"),
    path("reports/<uuid:report_id>/json", report_one.json, name="reports.json"),
    path("reports/<uuid:report_id>/remove", report_one.remove, name="reports.remove"),
    path("cohorts", cohorts.cohorts, name="cohorts"),
    path("value-and-risk", value.value_and_risk, name="value-and-risk"),
    path("products", product_listing.products, name="products"),
    path("products/<uuid:product_id>", product_one.product, name="product"),
    path("loyalty/programs", program_listing.programs, name="loyalty.programs"),
    # No key holds a hyphen, so that no programme and no rule hides behind these.
    path("loyalty/programs/from-example", program_listing.begin, name="loyalty.programs.begin"),
    path("loyalty/programs/<str:key>", program_overview.overview, name="loyalty.program"),
    path("loyalty/programs/<str:key>/rules", program_rules.rules, name="loyalty.rules"),
    path("loyalty/programs/<str:key>/rules/<str:rule>", rule_editing.edit, name="loyalty.rule"),
    path("loyalty/programs/<str:key>/rules/<str:rule>/move", program_rules.move, name="loyalty.rule.move"),
    path("loyalty/programs/<str:key>/rules/<str:rule>/remove", program_rules.remove, name="loyalty.rule.remove"),
    path("loyalty/programs/<str:key>/new-rule", rule_editing.new, name="loyalty.new-rule"),
    path("loyalty/programs/<str:key>/condition", program_condition.condition_part, name="loyalty.condition"),
    path(
        "loyalty/programs/<str:key>/condition/<str:trigger>/complete",
        program_condition.complete_part,
        name="loyalty.condition.complete",
    ),
    path("loyalty/programs/<str:key>/text", text_editing.text, name="loyalty.text"),
    path("loyalty/programs/<str:key>/text/check", text_editing.check, name="loyalty.text.check"),
    path("loyalty/programs/<str:key>/text/upload", text_editing.upload, name="loyalty.text.upload"),
    path("loyalty/programs/<str:key>/text/download", text_editing.download, name="loyalty.text.download"),
    path("loyalty/programs/<str:key>/try", trying.try_out, name="loyalty.try"),
    path("loyalty/programs/<str:key>/tiers", program_tiers.tiers, name="loyalty.tiers"),
    path("loyalty/programs/<str:key>/versions", program_versions.versions, name="loyalty.versions"),
    path("loyalty/programs/<str:key>/versions/publish", program_publishing.publish, name="loyalty.publish"),
    path("loyalty/programs/<str:key>/versions/discard", program_versions.discard, name="loyalty.discard"),
    path("members", member_listing.members, name="members"),
    path("members/adjustments", adjustments.adjustments, name="members.adjustments"),
    path("members/adjustments/<uuid:adjustment_id>/approve", adjustments.approve, name="members.approve"),
    path("members/adjustments/<uuid:adjustment_id>/refuse", adjustments.refuse, name="members.refuse"),
    path("rewards", reward_listing.rewards, name="rewards"),
    path("rewards/redemptions", redemptions.redemptions, name="rewards.redemptions"),
    path("rewards/redemptions/<uuid:redemption_id>/confirm", redemptions.confirm, name="redemption.confirm"),
    path("rewards/redemptions/<uuid:redemption_id>/fulfil", redemptions.fulfil, name="redemption.fulfil"),
    path("rewards/redemptions/<uuid:redemption_id>/cancel", redemptions.cancel, name="redemption.cancel"),
    path("rewards/redemptions/<uuid:redemption_id>/refund", redemptions.refund, name="redemption.refund"),
    path("rewards/<str:reward_key>/stock", reward_listing.stock, name="rewards.stock"),
    path("vouchers", voucher_listing.vouchers, name="vouchers"),
    path("vouchers/make", voucher_listing.make, name="vouchers.make"),
    path("vouchers/look-up", voucher_one.look_up, name="vouchers.look-up"),
    path("vouchers/batches/<uuid:batch_id>/codes.csv", voucher_listing.codes_csv, name="vouchers.codes"),
    path("vouchers/<uuid:voucher_id>", voucher_one.voucher, name="voucher"),
    path("vouchers/<uuid:voucher_id>/withdraw", voucher_one.withdraw, name="voucher.withdraw"),
    path("till", till_page.till, name="till"),
    path("till/find", till_page.find, name="till.find"),
    path("till/enrol", till_page.enrol_here, name="till.enrol"),
    path("till/members/<uuid:member_id>", counter.member, name="till.member"),
    path("till/members/<uuid:member_id>/preview", counter.preview, name="till.preview"),
    path("till/members/<uuid:member_id>/sell", counter.sale, name="till.sell"),
    path("till/members/<uuid:member_id>/redeem", handing.redeem, name="till.redeem"),
    path("till/members/<uuid:member_id>/sales/<uuid:order_id>", counter.sold, name="till.sale"),
    path("till/members/<uuid:member_id>/sales/<uuid:order_id>/undo", counter.undo, name="till.sale.undo"),
    path("till/redemptions/<uuid:redemption_id>", handing.redemption, name="till.redemption"),
    path("till/redemptions/<uuid:redemption_id>/undo", handing.undo, name="till.redemption.undo"),
    path("till/vouchers/<uuid:voucher_id>", handing.voucher, name="till.voucher"),
    path("imports", import_listing.import_list, name="imports"),
    path("imports/new", import_sending.new, name="imports.new"),
    path("imports/<uuid:import_id>", import_one.one, name="imports.one"),
    path("imports/<uuid:import_id>/columns", import_columns.columns, name="imports.columns"),
    path("imports/<uuid:import_id>/check", import_one.check, name="imports.check"),
    path("imports/<uuid:import_id>/start", import_one.start, name="imports.start"),
    path("imports/<uuid:import_id>/cancel", import_one.cancel, name="imports.cancel"),
    path("imports/<uuid:import_id>/refused.csv", import_one.refused_csv, name="imports.refused"),
    path("exports", exports.export_list, name="exports"),
    path("exports/<uuid:export_id>/file", exports.download, name="exports.file"),
    path("exports/<uuid:export_id>/remove", exports.remove, name="exports.remove"),
    path("team", team.team, name="team"),
    path("team/invite", team.invite, name="team.invite"),
    path("team/invitations/<uuid:invitation_id>/withdraw", team.withdraw, name="team.withdraw"),
    path("team/policy", team.policy, name="team.policy"),
    path("team/<uuid:account_id>/second-factor/reset", team.reset_second_factor, name="team.reset-second-factor"),
    path("team/<uuid:account_id>", team.change, name="team.change"),
    path("join/<str:secret>", joining.join, name="join"),
    path("api-keys", api_keys.api_keys, name="api-keys"),
    path("api-keys/create", api_keys.create, name="api-keys.create"),
    path("api-keys/<uuid:api_key_id>/revoke", api_keys.revoke, name="api-keys.revoke"),
    path("audit-trail", audit.audit_trail, name="audit-trail"),
    path("dead-letters", dead_letters.dead_letters, name="dead-letters"),
    path("dead-letters/retry", dead_letters.retry, name="dead-letters.retry"),
    path("settings", business.settings, name="settings"),
    path("settings/business", business.save, name="settings.business"),
    path("settings/rates", business.save_rate, name="settings.rates"),
    path("settings/shops", shops.shops, name="settings.shops"),
    path("settings/shops/add", shops.add, name="settings.shops.add"),
    path("settings/shops/<uuid:shop_id>", shops.change, name="settings.shops.change"),
    path("settings/traits", traits.traits, name="settings.traits"),
    path("settings/traits/save", traits.save, name="settings.traits.save"),
    path("design", design.design, name="design"),
    path("design/specimens", design.specimens, name="design.specimens"),
]
