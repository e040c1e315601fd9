"""What the result cache promises: a model of its protocol, a checker of histories, and a workload that makes some."""
