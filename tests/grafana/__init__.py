"""What holds of the Grafana board, its provisioning and the Prometheus rules: a function for each rule, which yields
a line for each problem."""
