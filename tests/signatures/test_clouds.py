"""Model clouds in all their forms: region, partition, private link, gateway in front; and the shapes of APIs at hosts
that nobody names. With near misses, which are no hits."""

from __future__ import annotations

import csv
import json

import pytest
from checkout import CHECKOUT

from shadowledger.signatures.index import Index
from shadowledger.signatures.queries import ask

MEASURED = CHECKOUT.parent / "shared" / "data" / "signatures" / "sdk_headers.csv"

SHARED = [
    # Microsoft: public, United States Government and China clouds, private links, API Management
    ("https://eastus.api.cognitive.microsoft.com/openai/deployments/x/chat/completions", "azure-openai", "api"),
    ("1a2b.workspace.eastus.api.azureml.ms", "azure-machine-learning", "api"),
    ("https://westeurope.api.cognitive.microsoft.com/vision/v3.2/analyze", "azure-ai-services", "api"),
    ("westeurope.stt.speech.microsoft.com", "azure-ai-services", "api"),
    ("https://ai.azure.com/resource", "azure-ai-foundry", "interactive"),
    # Amazon: regions, FIPS, dual stack, partitions, VPC endpoints
    ("bedrock.us-east-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-runtime.eu-west-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-runtime.mx-central-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-runtime.us-gov-west-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-runtime-fips.us-east-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-agent.ap-southeast-2.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-agent-runtime.eu-central-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-agent-runtime-fips.us-east-1.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-agentcore.us-west-2.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-agentcore-control.us-west-2.amazonaws.com", "amazon-bedrock", "api"),
    ("bedrock-runtime.us-east-1.api.aws", "amazon-bedrock", "api"),
    ("bedrock-mantle.us-east-1.api.aws", "amazon-bedrock", "api"),
    ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "amazon-bedrock", "api"),
    ("bedrock-runtime.eusc-de-east-1.amazonaws.eu", "amazon-bedrock", "api"),
    ("https://eu-central-1.console.aws.amazon.com/bedrock/home", "amazon-bedrock", "interactive"),
    ("runtime.sagemaker.us-east-1.amazonaws.com", "amazon-sagemaker", "api"),
    ("runtime-fips.sagemaker.us-gov-west-1.amazonaws.com", "amazon-sagemaker", "api"),
    ("runtime.sagemaker.us-east-1.api.aws", "amazon-sagemaker", "api"),
    ("api.sagemaker.cn-north-1.amazonaws.com.cn", "amazon-sagemaker", "api"),
    ("polly.us-east-1.amazonaws.com", "aws-ai-services", "api"),
    ("rekognition-fips.us-east-1.amazonaws.com", "aws-ai-services", "api"),
    ("runtime.lex.us-east-1.amazonaws.com", "aws-ai-services", "api"),
    ("q.us-east-1.amazonaws.com", "amazon-q-developer", "api"),
    ("codewhisperer.us-east-1.amazonaws.com", "amazon-q-developer", "api"),
    ("runtime.us-east-1.kiro.dev", "kiro", "interactive"),
    ("aws-external-anthropic.us-west-2.api.aws", "anthropic-api", "api"),
    # Google: regions, multi-regions, mutual TLS, Private Service Connect
    ("us-central1-aiplatform.googleapis.com", "google-vertex-ai", "api"),
    ("aiplatform.googleapis.com", "google-vertex-ai", "api"),
    ("aiplatform.europe-west3.rep.googleapis.com", "google-vertex-ai", "api"),
    ("aiplatform.us-central1.p.rep.googleapis.com", "google-vertex-ai", "api"),
    ("us-east1-aiplatform.mtls.googleapis.com", "google-vertex-ai", "api"),
    ("generativelanguage.googleapis.com", "gemini-api", "api"),
    ("claude.googleapis.com", "anthropic-api", "api"),
    ("dialogflow.googleapis.com", "google-dialogflow", "api"),
    ("us-east1-dialogflow.googleapis.com", "google-dialogflow", "api"),
    ("eu-documentai.googleapis.com", "google-cloud-ai", "api"),
    ("speech.googleapis.com", "google-cloud-ai", "api"),
    # Other clouds, gateways and model hosts
    ("us-south.ml.cloud.ibm.com", "ibm-watsonx", "api"),
    ("private.us-south.ml.cloud.ibm.com", "ibm-watsonx", "api"),
    ("inference.generativeai.us-chicago-1.oci.oraclecloud.com", "oracle-genai", "api"),
    ("inference.generativeai.eu-frankfurt-2.oci.oraclecloud.eu", "oracle-genai", "api"),
    ("dashscope.aliyuncs.com", "alibaba-model-studio", "api"),
    ("dashscope-intl.aliyuncs.com", "alibaba-model-studio", "api"),
    ("vpc-cn-beijing.dashscope.aliyuncs.com", "alibaba-model-studio", "api"),
    ("token-plan.ap-southeast-1.maas.aliyuncs.com", "alibaba-model-studio", "api"),
    ("dashscope-result-bj.oss-cn-beijing.aliyuncs.com", "alibaba-model-studio", "cdn"),
    ("hunyuan.tencentcloudapi.com", "tencent-hunyuan", "api"),
    ("api.hunyuan.cloud.tencent.com", "tencent-hunyuan", "api"),
    ("qianfan.baidubce.com", "baidu-qianfan", "api"),
    ("ark.cn-beijing.volces.com", "volcengine-ark", "api"),
    ("ark.ap-southeast.bytepluses.com", "volcengine-ark", "api"),
    ("ark-content-generation-v2-cn-beijing.tos-cn-beijing.volces.com", "volcengine-ark", "cdn"),
    ("pangu.cn-southwest-2.myhuaweicloud.com", "huawei-modelarts", "api"),
    ("api.modelarts-maas.com", "huawei-modelarts", "api"),
    ("https://infer-modelarts-cn-southwest-2.modelarts-infer.com/v1/infers/1a2b", "huawei-modelarts", "api"),
    ("llm.api.cloud.yandex.net", "yandexgpt", "api"),
    ("gigachat.devices.sberbank.ru", "gigachat", "api"),
    ("clovastudio.stream.ntruss.com", "naver-clova", "api"),
    ("router.huggingface.co", "hugging-face", "api"),
    ("api-inference.huggingface.co", "hugging-face", "api"),
    ("https://api.cloudflare.com/client/v4/accounts/a/ai/run/@cf/meta/llama", "cloudflare-workers-ai", "api"),
    ("https://api.cloudflare.com/client/v4/accounts/a/ai-gateway/gateways", "cloudflare-ai-gateway", "api"),
    ("gateway.ai.cloudflare.com", "cloudflare-ai-gateway", "api"),
    ("ai-gateway.vercel.sh", "vercel-ai-gateway", "api"),
    ("https://openrouter.ai/api/v1/chat/completions", "openrouter", "api"),
    ("api.portkey.ai", "portkey", "api"),
    ("oai.helicone.ai", "helicone", "api"),
    ("api.together.xyz", "together-ai", "api"),
    ("api.fireworks.ai", "fireworks-ai", "api"),
    ("api.groq.com", "groq", "api"),
    ("api.cerebras.ai", "cerebras", "api"),
    ("api.sambanova.ai", "sambanova", "api"),
    ("integrate.api.nvidia.com", "nvidia-nim", "api"),
    ("grpc.nvcf.nvidia.com", "nvidia-nim", "api"),
    ("api.replicate.com", "replicate", "api"),
    ("api.us-west-2.modal.direct", "modal", "api"),
    ("inference.baseten.co", "baseten", "api"),
    ("https://api.runpod.ai/v2/1a2b/run", "runpod", "api"),
    ("api.lambda.ai", "lambda-ai", "api"),
    ("api.deepinfra.com", "deepinfra", "api"),
    ("api.novita.ai", "novita", "api"),
    ("api.studio.nebius.com", "nebius", "api"),
    ("api.tokenfactory.us-central1.nebius.com", "nebius", "api"),
    ("api.scaleway.ai", "scaleway-generative-apis", "api"),
    ("oai.endpoints.kepler.ai.cloud.ovh.net", "ovhcloud-ai", "api"),
    ("https://api.infomaniak.com/2/ai/1/openai/v1/chat/completions", "infomaniak-ai", "api"),
    ("openai.inference.de-txl.ionos.com", "ionos-ai", "api"),
    ("api.aleph-alpha.com", "aleph-alpha", "api"),
    ("api.openai-compat.model-serving.eu01.onstackit.cloud", "stackit-ai", "api"),
    ("llm-server.llmhub.t-systems.net", "t-systems-llm-hub", "api"),
    ("api.mistral.ai", "mistral-ai", "api"),
    ("api.cohere.com", "cohere", "api"),
    ("api.ai21.com", "ai21", "api"),
    ("api.writer.com", "writer", "api"),
    ("us-east-1.api.x.ai", "xai-api", "api"),
    ("api.perplexity.ai", "perplexity", "api"),
    ("api.deepseek.com", "deepseek", "api"),
    ("api.moonshot.ai", "kimi", "api"),
    ("open.bigmodel.cn", "z-ai", "api"),
    ("api.z.ai", "z-ai", "api"),
    ("api-uw.minimax.io", "minimax", "api"),
    ("api.lingyiwanwu.com", "01-ai", "api"),
    ("api.stability.ai", "stability-ai", "api"),
    ("api.us.bfl.ai", "black-forest-labs", "api"),
    ("api.eu.residency.elevenlabs.io", "elevenlabs", "api"),
    ("api.deepgram.com", "deepgram", "api"),
    ("api.eu.assemblyai.com", "assemblyai", "api"),
    ("api.voyageai.com", "voyage-ai", "api"),
    ("api.jina.ai", "jina", "api"),
    ("eu.api.openai.com", "openai-api", "api"),
    ("southcentralus.privatelink.api.openai.com", "openai-api", "api"),
    ("privatelink.enterprise.unified-1.api.openai.com", "openai-api", "api"),
    ("maas-llm-aiplatform-hcm.api.vngcloud.vn", "greennode-ai", "api"),
    ("api.anthropic.com", "anthropic-api", "api"),
]
"""Hosts that are the same for all customers: (line, service, role)."""

TENANTS = [
    (
        "https://contoso-prod.openai.azure.com/openai/deployments/gpt-4o/chat/completions",
        "azure-openai",
        "contoso-prod.openai.azure.com/gpt-4o",
    ),
    ("contoso.privatelink.openai.azure.com", "azure-openai", "contoso.openai.azure.com"),
    ("contoso.openai.azure.us", "azure-openai", "contoso.openai.azure.us"),
    ("contoso.openai.azure.cn", "azure-openai", "contoso.openai.azure.cn"),
    ("contoso.services.ai.azure.com", "azure-openai", "contoso.services.ai.azure.com"),
    ("contoso.privatelink.services.ai.azure.com", "azure-openai", "contoso.services.ai.azure.com"),
    (
        "https://contoso.services.ai.azure.com/models/chat/completions",
        "azure-ai-foundry",
        "contoso.services.ai.azure.com",
    ),
    (
        "https://contoso.services.ai.azure.com/api/projects/p/threads",
        "azure-ai-foundry",
        "contoso.services.ai.azure.com",
    ),
    (
        "https://contoso.services.ai.azure.com/anthropic/v1/messages",
        "azure-ai-foundry",
        "contoso.services.ai.azure.com",
    ),
    (
        "https://contoso.cognitiveservices.azure.com/openai/v1/responses",
        "azure-openai",
        "contoso.cognitiveservices.azure.com",
    ),
    (
        "https://contoso.cognitiveservices.azure.us/openai/v1/responses",
        "azure-openai",
        "contoso.cognitiveservices.azure.us",
    ),
    (
        "https://contoso.cognitiveservices.azure.cn/openai/deployments/x/chat/completions",
        "azure-openai",
        "contoso.cognitiveservices.azure.cn/x",
    ),
    ("https://contoso.azure-api.net/openai/deployments/x/chat/completions", "azure-openai", "contoso.azure-api.net/x"),
    (
        "https://contoso.azure-api.net/chat/openai/deployments/x/chat/completions",
        "azure-openai",
        "contoso.azure-api.net",
    ),
    ("phi.eastus2.inference.ml.azure.com", "azure-machine-learning", "phi.eastus2.inference.ml.azure.com"),
    ("phi.usgovvirginia.inference.ml.azure.us", "azure-machine-learning", "phi.usgovvirginia.inference.ml.azure.us"),
    ("phi.chinaeast2.inference.ml.azure.cn", "azure-machine-learning", "phi.chinaeast2.inference.ml.azure.cn"),
    ("mistral.eastus2.models.ai.azure.com", "azure-ai-foundry", "mistral.eastus2.models.ai.azure.com"),
    (
        "https://contoso.cognitiveservices.azure.com/documentintelligence/documentModels",
        "azure-ai-services",
        "contoso.cognitiveservices.azure.com",
    ),
    (
        "https://contoso.cognitiveservices.azure.com/vision/v3.2/analyze",
        "azure-ai-services",
        "contoso.cognitiveservices.azure.com",
    ),
    (
        "https://contoso.cognitiveservices.azure.us/formrecognizer/v2.1/layout",
        "azure-ai-services",
        "contoso.cognitiveservices.azure.us",
    ),
    (
        "gw-1a2b.gateway.bedrock-agentcore.us-east-1.amazonaws.com",
        "amazon-bedrock",
        "gw-1a2b.gateway.bedrock-agentcore.us-east-1.amazonaws.com",
    ),
    (
        "vpce-0a1b-9z.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        "amazon-bedrock",
        "vpce-0a1b-9z.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
    ),
    (
        "vpce-0a1b-9z-eu-west-1a.bedrock-agent-runtime.eu-west-1.vpce.amazonaws.com",
        "amazon-bedrock",
        "vpce-0a1b-9z-eu-west-1a.bedrock-agent-runtime.eu-west-1.vpce.amazonaws.com",
    ),
    (
        "vpce-0a1b-9z.runtime.sagemaker.us-east-1.vpce.amazonaws.com",
        "amazon-sagemaker",
        "vpce-0a1b-9z.runtime.sagemaker.us-east-1.vpce.amazonaws.com",
    ),
    ("nb.notebook.us-east-1.sagemaker.aws", "amazon-sagemaker", "nb.notebook.us-east-1.sagemaker.aws"),
    (
        "123.us-central1-456.prediction.vertexai.goog",
        "google-vertex-ai",
        "123.us-central1-456.prediction.vertexai.goog",
    ),
    ("aiplatform-mlteam.p.googleapis.com", "google-vertex-ai", "aiplatform-mlteam.p.googleapis.com"),
    (
        "us-central1-aiplatform-mlteam.p.googleapis.com",
        "google-vertex-ai",
        "us-central1-aiplatform-mlteam.p.googleapis.com",
    ),
    ("generativelanguage-mlteam.p.googleapis.com", "gemini-api", "generativelanguage-mlteam.p.googleapis.com"),
    ("ws-1a2b.eu-central-1.maas.aliyuncs.com", "alibaba-model-studio", "ws-1a2b.eu-central-1.maas.aliyuncs.com"),
    ("123.cn-shanghai.pai-eas.aliyuncs.com", "alibaba-model-studio", "123.cn-shanghai.pai-eas.aliyuncs.com"),
    ("1a2b.cn-north-4.modelarts-infer.com", "huawei-modelarts", "1a2b.cn-north-4.modelarts-infer.com"),
    ("me-app.hf.space", "hugging-face", "me-app.hf.space"),
    ("x1.us-east-1.aws.endpoints.huggingface.cloud", "hugging-face", "x1.us-east-1.aws.endpoints.huggingface.cloud"),
    (
        "https://adb-1.2.azuredatabricks.net/serving-endpoints/x/invocations",
        "databricks",
        "adb-1.2.azuredatabricks.net",
    ),
    (
        "https://dbc-1a.cloud.databricks.com/serving-endpoints/chat/completions",
        "databricks",
        "dbc-1a.cloud.databricks.com",
    ),
    (
        "https://acme.snowflakecomputing.com/api/v2/cortex/inference:complete",
        "snowflake-cortex",
        "acme.snowflakecomputing.com",
    ),
    ("1a2b.invocation.api.nvcf.nvidia.com", "nvidia-nim", "1a2b.invocation.api.nvcf.nvidia.com"),
    ("me--app.modal.run", "modal", "me--app.modal.run"),
    ("me--app.us-east.modal.direct", "modal", "me--app.us-east.modal.direct"),
    ("model-1a2b.api.baseten.co", "baseten", "model-1a2b.api.baseten.co"),
    ("1a2b-8000.proxy.runpod.net", "runpod", "1a2b-8000.proxy.runpod.net"),
    ("1a2b.api.runpod.ai", "runpod", "1a2b.api.runpod.ai"),
    ("1a2b.ifr.fr-par.scaleway.com", "scaleway-generative-apis", "1a2b.ifr.fr-par.scaleway.com"),
    ("1a2b.app.gra.ai.cloud.ovh.net", "ovhcloud-ai", "1a2b.app.gra.ai.cloud.ovh.net"),
    ("0f1e2d3c.model-serving.eu01.onstackit.cloud", "stackit-ai", "0f1e2d3c.model-serving.eu01.onstackit.cloud"),
]
"""Hosts that are one customer's: (line, service, instance)."""

SHAPES = [
    ("https://llm.corp.example/v1/chat/completions", "openai-compatible-api"),
    ("https://gw.corp.example/api/v3/chat/completions", "openai-compatible-api"),
    ("https://gw.corp.example/openai/deployments/x/embeddings", "azure-openai"),
    ("https://gw.corp.example/anthropic/v1/messages", "anthropic-api"),
    ("https://gw.corp.example/v1beta/models/gemini-2.5-pro:streamGenerateContent", "gemini-api"),
    (
        "https://gw.corp.example/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict",
        "google-vertex-ai",
    ),
    ("https://gw.corp.example/model/anthropic.claude-v2/converse-stream", "amazon-bedrock"),
    ("https://gw.corp.example/endpoints/churn/invocations", "amazon-sagemaker"),
    ("https://cpd.corp.example/ml/v1/text/chat", "ibm-watsonx"),
    ("http://10.2.3.4:11434/api/chat", "ollama"),
    ("http://10.2.3.4:1234/v1/chat/completions", "lm-studio"),
    ("http://10.2.3.4:4000/v1/chat/completions", "litellm"),
    ("http://10.2.3.4:8080/completion", "llama-cpp"),
    ("http://10.2.3.4:9997/v1/chat/completions", "xinference"),
    ("http://10.2.3.4:23333/v1/chat/completions", "lmdeploy"),
    ("http://10.2.3.4:8000/v1/chat/completions", "openai-compatible-api"),
    ("http://10.2.3.4:8188/prompt", "comfyui"),
    ("http://10.2.3.4:7860/sdapi/v1/txt2img", "automatic1111"),
    ("https://chat.corp.example/ollama/api/chat", "open-webui"),
    ("http://10.2.3.4/generate_stream", "text-generation-inference"),
]
"""APIs that only their shape betrays: (POST to a URL, service). None is more than its shape proves."""

CLIENTS = [
    ("OpenAI/Python 3.54.0", "openai-sdk"),
    ("AsyncOpenAI/Python 3.54.0", "openai-sdk"),
    ("AzureOpenAI/Python 3.54.0", "openai-sdk"),
    ("AsyncAzureOpenAI/Python 3.54.0", "openai-sdk"),
    ("OpenAI/JS 6.1.0", "openai-sdk"),
    ("Anthropic/Python 2.12.0", "anthropic-sdk"),
    ("AsyncAnthropic/Python 2.12.0", "anthropic-sdk"),
    ("AsyncAnthropicBedrock/Python 2.12.0", "anthropic-sdk"),
    ("AnthropicFoundry/Python 2.12.0", "anthropic-sdk"),
    ("mistral-client-python/3.7.0", "mistral-sdk"),
    ("cohere/7.3.1", "cohere-sdk"),
    ("Groq/Python 1.7.0", "groq-sdk"),
    ("AsyncGroq/Python 1.7.0", "groq-sdk"),
    ("replicate-python/1.0.7", "replicate-sdk"),
    ("google-genai-sdk/3.4.0 gl-python/3.11.7", "google-genai-sdk"),
    ("unknown/None; hf_hub/2.4.0; python/3.11.7", "hugging-face-sdk"),
    ("ollama-python/0.6.3 (x86_64 linux) Python/3.11.7", "ollama-sdk"),
    ("elevenlabs/2.78.0", "elevenlabs-sdk"),
    ("ai/5.0.60 ai-sdk/openai/2.0.42 ai-sdk/provider-utils/3.0.10 runtime/node.js/22", "vercel-ai-sdk"),
    ("langchain-google-genai/2.0", "langchain"),
    ("litellm/1.50", "litellm"),
    ("Together/Python 2.0.0", "together-ai"),
    ("azsdk-python-ai-inference/1.0.0b9", "azure-ai-foundry"),
    ("azsdk-net-AI.OpenAI/2.0.0", "azure-openai"),
]
"""User agents as the libraries send them."""

NEAR_MISSES = [
    "bedrock.com",
    "bedrockcasino.example",
    "bedrock.s3.us-west-2.amazonaws.com",
    "bedrock.s3-us-west-2.amazonaws.com",
    "bedrock.s3-website-us-east-1.amazonaws.com",
    "bedrock-runtime.s3.amazonaws.com",
    "sagemaker-us-east-1-123456789012.s3.us-east-1.amazonaws.com",
    "models.sagemaker.s3-us-west-2.amazonaws.com",
    "polly.s3-us-west-2.amazonaws.com",
    "s3.eu-central-1.amazonaws.com",
    "lambda.us-east-1.api.aws",
    "vpce-0a1b-9z.s3.eu-west-1.vpce.amazonaws.com",
    "bedrock-runtime.us-east-1.amazonaws.com.evil.example",
    "contoso.azurewebsites.net",
    "contoso.blob.core.windows.net",
    "contoso.cognitiveservices.azure.com",
    "https://contoso.cognitiveservices.azure.com/sts/v1.0/issueToken",
    "westeurope.api.cognitive.microsoft.com",
    "https://contoso.azure-api.net/orders/v1/list",
    "openai.azure.com.evil.example",
    "notopenai.azure.com",
    "portal.azure.com",
    "aiplatform.example.com",
    "storage-aiplatform.p.googleapis.com",
    "storage-mlteam.p.googleapis.com",
    "storage.us-central1.rep.googleapis.com",
    "storage.googleapis.com",
    "translate.googleapis.com",
    "ark.tos-cn-beijing.volces.com",
    "ark-project.tos-cn-beijing.volces.com",
    "dashscope.oss-cn-beijing.aliyuncs.com",
    "pangu.obs.cn-north-4.myhuaweicloud.com",
    "https://adb-1.2.azuredatabricks.net/sql/1.0/warehouses",
    "https://acme.snowflakecomputing.com/api/v2/statements",
    "https://api.cloudflare.com/client/v4/zones",
    "https://api.infomaniak.com/1/mail",
    "objectstorage.eu-frankfurt-1.oraclecloud.com",
    "cvm.tencentcloudapi.com",
    "bos.baidubce.com",
    "s3.fr-par.scw.cloud",
    "multimodal.com",
    "underwriter.com",
    "https://huggingface.co/docs/hub",
    '{"url": "https://sms.corp.example/v1/messages", "method": "POST"}',
    '{"url": "https://forum.corp.example/api/chat", "method": "POST"}',
    '{"url": "https://dev.to/api/tags", "method": "GET"}',
    '{"url": "http://10.2.3.4:8080/inference", "method": "POST"}',
    '{"url": "https://cars.corp.example/models/apply", "method": "POST"}',
    '{"url": "https://llm.corp.example/v1/chat/completions", "method": "GET"}',
    '{"host": "10.2.3.4", "port": 11434}',
    "user_agent:Boto3/1.34.0 md/Botocore",
    "user_agent:python-requests/2.31",
    "user_agent:Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "user_agent:vllm/0.6",
]
"""Names and paths that only look alike, and parents where a model is one of many things."""

HINTS = [
    ("contoso.azure-api.net", "azure-openai"),
    ("contoso.cognitiveservices.azure.com", "azure-ai-services"),
    ("contoso.cognitiveservices.azure.us", "azure-ai-services"),
    ("westeurope.api.cognitive.microsoft.com", "azure-ai-services"),
    ("https://docs.aws.amazon.com/bedrock/latest/userguide/", "amazon-bedrock"),
    ("https://openrouter.ai/docs/quickstart", "openrouter"),
]
"""What is shown when asked for and is no hit."""


@pytest.mark.parametrize(("line", "service", "role"), SHARED)
def test_a_cloud_is_known_in_all_its_forms(index: Index, line: str, service: str, role: str) -> None:
    found = ask(index, line)
    assert found is not None
    assert (found.service.id, found.indicator.role, found.instance) == (service, role, "")
    assert found.is_hit


@pytest.mark.parametrize(("line", "service", "instance"), TENANTS)
def test_the_customers_resource_is_kept(index: Index, line: str, service: str, instance: str) -> None:
    found = ask(index, line)
    assert found is not None
    assert (found.service.id, found.instance) == (service, instance)
    assert found.is_hit


@pytest.mark.parametrize(("url", "service"), SHAPES)
def test_an_api_is_known_by_its_shape(index: Index, url: str, service: str) -> None:
    found = ask(index, f'{{"url": "{url}", "method": "POST"}}')
    assert found is not None
    assert found.service.id == service
    assert found.is_hit


@pytest.mark.parametrize(("url", "service"), SHAPES)
def test_reading_at_such_a_url_proves_nothing(index: Index, url: str, service: str) -> None:
    found = ask(index, f'{{"url": "{url}", "method": "GET"}}')
    assert found is None or not found.is_hit


@pytest.mark.parametrize(("text", "service"), CLIENTS)
def test_a_library_is_known_by_its_user_agent(index: Index, text: str, service: str) -> None:
    found = index.user_agent(text)
    assert found is not None
    assert found.service.id == service
    assert found.is_hit


@pytest.mark.skipif(not MEASURED.exists(), reason="../shared/data is not here: measured requests are not asked")
def test_every_measured_request_is_a_hit_at_a_host_that_nobody_names(index: Index) -> None:
    with MEASURED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missed = []
    for row in rows:
        url = f"https://gw.corp.example{row['path']}"
        line = json.dumps({"url": url, "method": row["method"], "user_agent": row["user_agent"]})
        if (found := ask(index, line)) is None or not found.is_hit:
            missed.append(row["client"])
    assert rows
    assert missed == []


@pytest.mark.parametrize(("line", "service"), HINTS)
def test_a_parent_is_a_hint_at_most(index: Index, line: str, service: str) -> None:
    found = ask(index, line)
    assert found is not None
    assert found.service.id == service
    assert not found.is_hit


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_a_near_miss_is_no_hit(index: Index, line: str) -> None:
    found = ask(index, line)
    assert found is None or not found.is_hit, found


def test_the_table_is_long_and_has_no_line_twice() -> None:
    lines = [row[0] for rows in (SHARED, TENANTS, SHAPES, CLIENTS, HINTS) for row in rows]
    lines += [line for line in NEAR_MISSES if line not in {row[0] for row in HINTS}]
    assert len(lines) >= 200
    assert len(set(lines)) == len(lines)
