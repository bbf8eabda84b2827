-- name: find_members
-- The members of a programme that some customers are, under all of their ids, and some told by their own; those who left too.
SELECT member.id, member.program_id, member.customer_id, member.code, member.state, member.enrolled_at, member.left_at
FROM loyalty_ledger_member AS member
WHERE member.program_id = %(program_id)s AND member.state IN ('active', 'left')
    AND (
        member.id = ANY (%(also)s::uuid[])
        OR member.customer_id IN (
            SELECT unnest(%(customers)s::uuid[])
            UNION ALL
            SELECT alias.customer_id FROM customers_alias AS alias
            WHERE alias.survivor_id = ANY (%(customers)s::uuid[])
        )
    )
ORDER BY member.id DESC
LIMIT %(limit)s

-- name: members_by_id
-- Members by their ids, each with the customer that it is; who was merged as the one that it leads to.
SELECT member.id, root.id, root.customer_id
FROM loyalty_ledger_member AS member
JOIN loyalty_ledger_member AS root ON root.id = COALESCE(member.merged_into_id, member.id)
WHERE member.id = ANY (%(ids)s::uuid[])
