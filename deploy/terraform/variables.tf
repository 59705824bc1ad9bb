variable "name" {
  description = "Prefix of the names of all resources."
  type        = string
  default     = "vcc-exporter"

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,40}$", var.name))
    error_message = "name: expected 1 to 40 letters, digits or hyphens."
  }
}

variable "account" {
  description = "Name of the VCC account, the value of the label account (VCC_ACCOUNT)."
  type        = string

  validation {
    condition     = can(regex("^[^\\n\\r]{1,100}$", var.account))
    error_message = "account: expected 1 to 100 characters without line breaks."
  }
}

variable "region" {
  description = "Region of the VCC account (VCC_REGION), not the AWS region."
  type        = string
  default     = "emea"

  validation {
    condition     = contains(["emea", "nam", "apac"], var.region)
    error_message = "region: expected emea, nam or apac."
  }
}

variable "secret_id" {
  description = "Name or ARN of the secret in AWS Secrets Manager (VCC_SECRET_ID). The secret must exist. docs/run/aws.md describes its fields."
  type        = string
  default     = "vcc-exporter"

  validation {
    condition     = can(regex("^(arn:aws[\\w-]*:secretsmanager:[\\w-]+:\\d{12}:secret:)?[\\w/+=.@-]{1,512}$", var.secret_id))
    error_message = "secret_id: expected the name or ARN of a secret (letters, digits and /_+=.@-)."
  }
}

variable "settings" {
  description = "Other settings from docs/reference/settings.md, for both functions: { VCC_CACHE_TTL = \"10s\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.settings) : startswith(key, "VCC_") && !startswith(key, "VCC_PUSH_")])
    error_message = "settings: expected names that begin with VCC_. Names that begin with VCC_PUSH_ belong in push_settings."
  }

  validation {
    condition     = !anytrue([for key in keys(var.settings) : contains(["VCC_CLIENT_ID", "VCC_CLIENT_SECRET", "VCC_SCRAPE_TOKENS", "VCC_SCRAPE_USERS", "VCC_AGENT_KEY"], key)])
    error_message = "settings: put credentials into the secret. The state of Terraform would show them."
  }

  validation {
    condition     = lookup(var.settings, "VCC_SCRAPE_AUTH", "credentials") == "credentials"
    error_message = "settings: expected VCC_SCRAPE_AUTH to be credentials, since the Function URL of this example is public."
  }

  validation {
    condition     = !contains(keys(var.settings), "VCC_CONFIG")
    error_message = "settings: this example has one account, the variable account. serverless.yml supports VCC_CONFIG."
  }
}

variable "memory_size" {
  description = "Memory of a function in MB. More memory also gives more CPU."
  type        = number
  default     = 256
}

variable "timeout" {
  description = "Timeout of the function that answers scrapes, in seconds. Must be more than VCC_TIMEOUT (20 s)."
  type        = number
  default     = 25
}

variable "concurrency" {
  description = "Maximum number of scrapes at the same time. Lambda reserves this concurrency for the function that answers scrapes, and 1 for push. -1: no reservations, for AWS accounts with a small quota."
  type        = number
  default     = 5

  validation {
    condition     = var.concurrency == -1 || (var.concurrency >= 1 && floor(var.concurrency) == var.concurrency)
    error_message = "concurrency: expected a whole number from 1, or -1 for no reservation."
  }
}

variable "log_retention_days" {
  description = "Days to keep logs."
  type        = number
  default     = 14
}

variable "push_enabled" {
  description = "Whether to push samples to destinations once a minute."
  type        = bool
  default     = false
}

variable "push_settings" {
  description = "Settings of push, from docs/reference/settings.md: { VCC_PUSH_URL = \"https://prometheus.example/api/v1/write\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.push_settings) : startswith(key, "VCC_PUSH_")])
    error_message = "push_settings: expected names that begin with VCC_PUSH_."
  }

  validation {
    condition     = !anytrue([for key in keys(var.push_settings) : contains(["VCC_PUSH_USER", "VCC_PUSH_PASSWORD", "VCC_PUSH_TOKEN"], key)])
    error_message = "push_settings: put credentials into the secret. The state of Terraform would show them."
  }

  validation {
    condition     = !anytrue([for key in keys(var.push_settings) : contains(["VCC_PUSH_PERIOD", "VCC_PUSH_QUEUE_URL", "VCC_PUSH_REJECTED_URL", "VCC_PUSH_ACCOUNTS_URL", "VCC_PUSH_STATE"], key)])
    error_message = "push_settings: this example has a fixed schedule, no queues and no bucket. serverless.yml supports them."
  }
}

variable "aps_workspace_arns" {
  description = "ARNs of workspaces of Amazon Managed Prometheus that are destinations. Requires VCC_PUSH_AUTH = \"sigv4\"."
  type        = list(string)
  default     = []
}
