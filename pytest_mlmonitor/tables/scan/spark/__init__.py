"""The same plans on Spark, for tables that outgrow one machine."""
