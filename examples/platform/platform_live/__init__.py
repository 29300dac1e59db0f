"""The example under watch: servers, faults in turn, and a table of what was noticed, told and over."""
