-- One row for every day of the years in which there are invoices. The days are counted with
-- digits, because Redshift has no generate_series on its compute nodes.
{{ config(dist='all', sort='date_id') }}

with digits as (

    select 0 as digit
    union all select 1
    union all select 2
    union all select 3
    union all select 4
    union all select 5
    union all select 6
    union all select 7
    union all select 8
    union all select 9

),

bounds as (

    select
        cast(date_trunc('year', min(invoice_date)) as date) as first_day,
        cast(dateadd('day', -1, dateadd('year', 1, date_trunc('year', max(invoice_date)))) as date) as last_day
    from {{ ref('invoice') }}

),

day_numbers as (

    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * myriads.digit as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as myriads
    -- The years from var first_invoice_date to var last_invoice_date have 36,525 days.
    where myriads.digit < 4

),

days as (

    select cast(dateadd('day', n.day_number, b.first_day) as date) as date_day
    from day_numbers as n
    inner join bounds as b
        on n.day_number <= datediff('day', b.first_day, b.last_day)

)

select
    cast({{ date_key('date_day') }} as integer) as date_id,
    date_day,
    cast(extract(year from date_day) as integer) as year,
    cast(extract(quarter from date_day) as integer) as quarter,
    cast(extract(month from date_day) as integer) as month,
    cast(
        case cast(extract(month from date_day) as integer)
            when 1 then 'January'
            when 2 then 'February'
            when 3 then 'March'
            when 4 then 'April'
            when 5 then 'May'
            when 6 then 'June'
            when 7 then 'July'
            when 8 then 'August'
            when 9 then 'September'
            when 10 then 'October'
            when 11 then 'November'
            when 12 then 'December'
        end as varchar(9)
    ) as month_name,
    cast(date_trunc('month', date_day) as date) as month_start,
    cast(extract(week from date_day) as integer) as week_of_year,
    cast(extract(day from date_day) as integer) as day_of_month,
    cast(extract(doy from date_day) as integer) as day_of_year,
    cast(extract(dow from date_day) as integer) as day_of_week,
    cast(
        case cast(extract(dow from date_day) as integer)
            when 0 then 'Sunday'
            when 1 then 'Monday'
            when 2 then 'Tuesday'
            when 3 then 'Wednesday'
            when 4 then 'Thursday'
            when 5 then 'Friday'
            when 6 then 'Saturday'
        end as varchar(9)
    ) as day_name,
    case when cast(extract(dow from date_day) as integer) in (0, 6) then true else false end as is_weekend
from days
