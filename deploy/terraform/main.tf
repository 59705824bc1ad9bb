# The function that answers scrapes. The resources are the same as in serverless.yml with default
# parameters, without its alarms.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  package = "${path.module}/../../dist/package"

  # Secrets Manager appends a hyphen and six characters to the name of a secret.
  secret_arn = startswith(var.secret_id, "arn:") ? var.secret_id : "arn:${data.aws_partition.current.partition}:secretsmanager:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:secret:${var.secret_id}-??????"

  environment = merge(var.settings, {
    VCC_ACCOUNT   = var.account
    VCC_REGION    = var.region
    VCC_SECRET_ID = var.secret_id
  })

  assumed_by_lambda = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  }

  read_secret = {
    Effect   = "Allow"
    Action   = "secretsmanager:GetSecretValue"
    Resource = local.secret_arn
    Condition = {
      "ForAnyValue:StringEquals" = {
        "secretsmanager:VersionStage" = lookup(var.settings, "VCC_SECRET_PENDING", "never") == "when-rejected" ? ["AWSCURRENT", "AWSPENDING"] : ["AWSCURRENT"]
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "metrics" {
  name              = "/aws/lambda/${var.name}-metrics"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "metrics" {
  name               = "${var.name}-metrics-${data.aws_region.current.region}"
  description        = "Permissions of the function that answers scrapes"
  assume_role_policy = jsonencode(local.assumed_by_lambda)
}

resource "aws_iam_role_policy" "metrics" {
  name = "metrics"
  role = aws_iam_role.metrics.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.metrics.arn}:*"
      },
      local.read_secret,
    ]
  })
}

resource "aws_lambda_function" "metrics" {
  function_name                  = "${var.name}-metrics"
  description                    = "Answers scrapes of Vonage Contact Center accounts"
  filename                       = "${local.package}/metrics.zip"
  source_code_hash               = filebase64sha256("${local.package}/metrics.zip")
  handler                        = "metrics.handler"
  runtime                        = "nodejs24.x"
  architectures                  = ["arm64"]
  memory_size                    = var.memory_size
  timeout                        = var.timeout
  reserved_concurrent_executions = var.concurrency
  role                           = aws_iam_role.metrics.arn

  environment {
    variables = local.environment
  }

  # Without this policy, the first scrape could not read the secret.
  depends_on = [aws_iam_role_policy.metrics]
}

# The URL is open to the internet. The exporter requires scrape credentials: the variable `settings`
# accepts no other value of VCC_SCRAPE_AUTH.
resource "aws_lambda_function_url" "metrics" {
  function_name      = aws_lambda_function.metrics.function_name
  authorization_type = "NONE"
}

# A public Function URL needs both permissions. The provider may also add one or both, with the ids
# FunctionURLAllowPublicAccess and FunctionURLAllowInvokeAction, and never removes them. So these
# resources have other ids.
resource "aws_lambda_permission" "metrics_url" {
  statement_id           = "PublicUrl"
  function_name          = aws_lambda_function.metrics.function_name
  action                 = "lambda:InvokeFunctionUrl"
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "metrics_invoke" {
  statement_id             = "PublicUrlInvoke"
  function_name            = aws_lambda_function.metrics.function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}
