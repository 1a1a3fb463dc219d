-- Every customer with at least one purchase: recency, frequency and monetary value as fifths of
-- the customers (5 is best), a segment from them, lifetime value and geography. "Today" is the
-- day of the newest invoice, so that the same data always gives the same table.
{{ config(dist='all', sort='customer_id') }}

with as_of as (

    select cast(max(invoice_date) as date) as as_of_date
    from {{ ref('fact_invoice') }}

),

purchases as (

    select
        customer_id,
        cast(min(invoice_date) as date) as first_purchase_date,
        cast(max(invoice_date) as date) as last_purchase_date,
        count(distinct invoice_id) as invoices,
        sum(quantity) as units,
        sum(total_revenue) as lifetime_value
    from {{ ref('fact_invoice') }}
    group by customer_id

),

-- Equal customers are told apart by their id, so that the fifths are the same in every run.
scored as (

    select
        customer_id,
        first_purchase_date,
        last_purchase_date,
        invoices,
        units,
        lifetime_value,
        ntile(5) over (order by last_purchase_date, customer_id) as recency_score,
        ntile(5) over (order by invoices, customer_id) as frequency_score,
        ntile(5) over (order by lifetime_value, customer_id) as monetary_score,
        row_number() over (order by lifetime_value desc, customer_id) as value_rank
    from purchases

),

-- The genre on which each customer spent most.
genre_spending as (

    select
        customer_id,
        genre_id,
        row_number() over (
            partition by customer_id order by sum(total_revenue) desc, sum(quantity) desc, genre_id
        ) as genre_rank
    from {{ ref('fact_invoice') }}
    where genre_id is not null
    group by customer_id, genre_id

)

select
    s.customer_id,
    c.first_name,
    c.last_name,
    c.email,
    c.city,
    c.state,
    c.country,
    cast(g.name as varchar(200)) as favourite_genre,
    a.as_of_date,
    s.first_purchase_date,
    s.last_purchase_date,
    cast(datediff('day', s.last_purchase_date, a.as_of_date) as integer) as recency_days,
    cast(s.invoices as bigint) as invoices,
    cast(s.units as bigint) as units,
    cast(s.lifetime_value as numeric(18, 2)) as lifetime_value,
    {{ ratio('s.lifetime_value', 's.invoices', 'numeric(18, 2)') }} as average_order_value,
    cast(s.recency_score as integer) as recency_score,
    cast(s.frequency_score as integer) as frequency_score,
    cast(s.monetary_score as integer) as monetary_score,
    cast(s.recency_score * 100 + s.frequency_score * 10 + s.monetary_score as integer) as rfm_score,
    cast(
        case
            when s.recency_score >= 4 and s.frequency_score >= 4 and s.monetary_score >= 4 then 'Champions'
            when s.recency_score <= 2 and s.monetary_score >= 4 then 'At risk'
            when s.recency_score >= 3 and s.frequency_score >= 3 then 'Loyal'
            when s.recency_score >= 4 then 'Promising'
            when s.recency_score = 3 then 'Needs attention'
            when s.recency_score = 2 then 'About to lapse'
            else 'Lost'
        end as varchar(20)
    ) as segment,
    cast(
        case
            when s.monetary_score = 5 then 'high'
            when s.monetary_score >= 3 then 'middle'
            else 'low'
        end as varchar(10)
    ) as value_tier,
    cast(s.value_rank as integer) as value_rank,
    cast(
        row_number() over (partition by c.country order by s.lifetime_value desc, s.customer_id) as integer
    ) as value_rank_in_country
from scored as s
inner join {{ ref('dim_customer') }} as c
    on c.customer_id = s.customer_id
cross join as_of as a
left join genre_spending as gs
    on gs.customer_id = s.customer_id and gs.genre_rank = 1
left join {{ ref('dim_genre') }} as g
    on g.genre_id = gs.genre_id
order by s.customer_id
