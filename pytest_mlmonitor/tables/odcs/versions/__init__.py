"""Two versions of a contract document compared: whatever differs in them is breaking, compatible, or named as not compared."""
