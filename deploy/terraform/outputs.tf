output "metrics_url" {
  description = "The address to scrape."
  value       = "${aws_lambda_function_url.metrics.function_url}metrics"
}

output "metrics_host" {
  description = "Its host, for the targets of Prometheus' scrape_configs."
  value       = split("/", aws_lambda_function_url.metrics.function_url)[2]
}
