output "metrics_url" {
  description = "The address to scrape."
  value       = "${aws_lambda_function_url.metrics.function_url}metrics"
}

output "metrics_host" {
  description = "The host of metrics_url, for targets in Prometheus' scrape_configs."
  value       = split("/", aws_lambda_function_url.metrics.function_url)[2]
}
