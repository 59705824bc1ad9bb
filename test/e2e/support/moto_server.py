# moto's server, with what its CloudFormation lacks for this project's stack: Function URLs and the
# settings of asynchronous invocations. Alarms, bucket policies and HTTP APIs are recorded as
# resources and do nothing. Only errors of cfn-lint refuse a template: AWS has no warnings.

import sys

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaBackend
from moto.awslambda.utils import get_backend
from moto.cloudformation import models as cloudformation
from moto.core.common_models import CloudFormationModel
from moto.moto_api._internal import mock_random
from moto.server import main


# moto forgets an export when its stack is updated, and then cannot delete the stack.
class Exports(dict):
    def pop(self, name, default=None):
        return super().pop(name, default)


lint = cloudformation.validate_template_cfn_lint
cloudformation.validate_template_cfn_lint = lambda template: [
    match for match in lint(template) if match.rule.severity == "error"
]

create = cloudformation.CloudFormationBackend.__init__


def create_backend(self, *args, **kwargs):
    create(self, *args, **kwargs)
    self.exports = Exports(self.exports)


cloudformation.CloudFormationBackend.__init__ = create_backend

# For a message in the queue of a function, moto starts the function with Docker. A test does that
# itself with the runtime client. The message stays, and no attempt to reach Docker hides it.
LambdaBackend.send_sqs_batch = lambda self, function_arn, messages, queue_arn: False


# What the models below have in common: resources that CloudFormation can create, update and delete.
# moto finds direct subclasses of its CloudFormationModel, in its own modules only.
class OfStack:
    kind = ""

    def __init__(self, resource_name, properties, account_id, region_name):
        self.properties = properties
        self.backend = get_backend(account_id, region_name)
        self.physical_resource_id = mock_random.get_random_hex(10)
        self.make()

    # Passes the properties on to the service.
    def make(self):
        pass

    def delete(self, account_id, region_name):
        pass

    @staticmethod
    def cloudformation_name_type():
        return None

    @classmethod
    def cloudformation_type(cls):
        return cls.kind

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        return cls(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        original_resource.properties = cloudformation_json["Properties"]
        original_resource.make()
        return original_resource


class FunctionUrl(OfStack, CloudFormationModel):
    __module__ = "moto.awslambda.models"
    kind = "AWS::Lambda::Url"

    def make(self):
        name = self.properties["TargetFunctionArn"]
        function = self.backend.get_function(name)
        if function.url_config is None:
            self.backend.create_function_url_config(name, self.properties)
        function.url_config.config = self.properties
        self.url = function.url_config.url

    def delete(self, account_id, region_name):
        try:
            self.backend.get_function(self.properties["TargetFunctionArn"]).delete_url_config()
        except UnknownFunctionException:
            # moto deletes in any order. Deleting the function has deleted its URL.
            pass

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "FunctionUrl"

    def get_cfn_attribute(self, attribute_name):
        return f"{self.url}/"


class InvokeConfig(OfStack, CloudFormationModel):
    __module__ = "moto.awslambda.models"
    kind = "AWS::Lambda::EventInvokeConfig"

    def make(self):
        function = self.backend.get_function(self.properties["FunctionName"])
        function.event_invoke_config = []
        self.backend.put_function_event_invoke_config(function.function_name, self.properties)


# Recorded as resources of the stack, no more.
recorded = [
    type(
        kind.replace("::", ""),
        (OfStack, CloudFormationModel),
        {"__module__": "moto.awslambda.models", "kind": kind},
    )
    for kind in [
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::S3::BucketPolicy",
    ]
]

if __name__ == "__main__":
    main(sys.argv[1:])
