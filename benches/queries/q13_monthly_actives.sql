-- Distinct customers, tracks and albums in each month.
select
    invoice_year,
    invoice_month,
    count(distinct customer_id) as customers,
    count(distinct track_id) as tracks,
    count(distinct album_id) as albums,
    count(distinct case when quantity > 1 then customer_id end) as customers_buying_several
from gold.fact_invoice
group by invoice_year, invoice_month
order by invoice_year, invoice_month
