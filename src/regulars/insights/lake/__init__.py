"""The lake: what was bought, as Parquet files of one moment; ids only, no names, addresses or texts of people.

`writing` brings it up to date from PostgreSQL, `reading` turns it into the table of orders that `retention` reads.
"""
