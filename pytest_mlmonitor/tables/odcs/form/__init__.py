"""The form of a contract document: what of it is as the standard asks, and which keys the standard has."""
