# The function that pushes samples on a schedule, with push_enabled = true. It has no queue: samples
# that a destination does not accept during an invocation are lost.

locals {
  push_count = var.push_enabled ? 1 : 0
}

resource "aws_cloudwatch_log_group" "push" {
  count             = local.push_count
  name              = "/aws/lambda/${var.name}-push"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "push" {
  count              = local.push_count
  name               = "${var.name}-push-${data.aws_region.current.region}"
  description        = "Permissions of the function that pushes on a schedule"
  assume_role_policy = jsonencode(local.assumed_by_lambda)
}

resource "aws_iam_role_policy" "push" {
  count = local.push_count
  name  = "push"
  role  = aws_iam_role.push[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.push[0].arn}:*"
        },
        local.read_secret,
      ],
      [for arn in var.aps_workspace_arns : { Effect = "Allow", Action = "aps:RemoteWrite", Resource = arn }],
    )
  })
}

resource "aws_lambda_function" "push" {
  count                          = local.push_count
  function_name                  = "${var.name}-push"
  description                    = "Scrapes Vonage Contact Center accounts on a schedule and pushes the samples"
  filename                       = "${local.package}/push.zip"
  source_code_hash               = filebase64sha256("${local.package}/push.zip")
  handler                        = "push.handler"
  runtime                        = "nodejs24.x"
  architectures                  = ["arm64"]
  memory_size                    = var.memory_size
  timeout                        = 57 # less than the period, so that two invocations do not overlap
  reserved_concurrent_executions = var.concurrency == -1 ? -1 : 1
  role                           = aws_iam_role.push[0].arn

  environment {
    variables = merge(local.environment, var.push_settings, { VCC_PUSH_PERIOD = "1m" })
  }

  lifecycle {
    precondition {
      condition     = lookup(var.push_settings, "VCC_PUSH_TYPE", "remote-write") == "emf" || anytrue([for key in ["VCC_PUSH_URL", "VCC_PUSH_DESTINATIONS"] : contains(keys(var.push_settings), key)])
      error_message = "push_settings: expected VCC_PUSH_URL or VCC_PUSH_DESTINATIONS, since push_enabled is true."
    }
  }

  depends_on = [aws_iam_role_policy.push]
}

# No retries: late samples are useless, and the next minute has new ones.
resource "aws_lambda_function_event_invoke_config" "push" {
  count                        = local.push_count
  function_name                = aws_lambda_function.push[0].function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_cloudwatch_event_rule" "push" {
  count               = local.push_count
  name                = "${var.name}-push"
  description         = "Starts the push of samples"
  schedule_expression = "rate(1 minute)" # VCC_PUSH_PERIOD

  # The first invocation needs the function and the policy of its role.
  depends_on = [aws_lambda_function_event_invoke_config.push]
}

resource "aws_cloudwatch_event_target" "push" {
  count = local.push_count
  rule  = aws_cloudwatch_event_rule.push[0].name
  arn   = aws_lambda_function.push[0].arn
}

resource "aws_lambda_permission" "push" {
  count         = local.push_count
  statement_id  = "Schedule"
  function_name = aws_lambda_function.push[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.push[0].arn
}
