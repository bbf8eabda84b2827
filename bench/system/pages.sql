-- name: some_customers
-- Customers here and there, with their names and addresses.
SELECT customer.id, customer.name, identifier.value
FROM customers_customer AS customer TABLESAMPLE SYSTEM (1)
JOIN customers_identifier AS identifier ON identifier.customer_id = customer.id AND identifier.kind = 'email'
LIMIT 2000

-- name: busiest_customers
-- Those who order most.
SELECT customer_id FROM orders_customer_facts ORDER BY orders DESC LIMIT 50

-- name: some_orders
-- Orders here and there, with their numbers.
SELECT id, number FROM orders_order TABLESAMPLE SYSTEM (0.1) LIMIT 2000

-- name: is_scored
-- Whether a run has succeeded since the pages show what a run found.
SELECT EXISTS (
    SELECT FROM insights_run AS run
    JOIN insights_section AS section ON section.run_id = run.id AND section.name = 'products'
    WHERE run.state = 'succeeded'
)
