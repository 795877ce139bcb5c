using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer;

/// <summary>
/// The methods over HTTP: POST a JSON-RPC request to any path, no batches. GET /upcheck answers OK and says nothing else. Where there is a token, a request
/// without it is answered 401 before its body is read. Every question leaves a line in the log; no line holds a key, a password or a token.
/// </summary>
internal sealed class SignerEndpoint(PolicySigner signer, byte[]? token, ILogger logger)
{
    public const int MaxRequestBytes = 1 << 20;

    private const int InvalidRequest = -32600;
    private const int MethodNotFound = -32601;
    private const int InvalidParameters = -32602;
    private const int ParseError = -32700;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    private sealed record Answer(object? Result, int Code, string Problem);

    public async Task HandleAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Path == "/upcheck")
        {
            await context.Response.WriteAsync("OK", context.RequestAborted);
            return;
        }

        if (!IsAuthorized(context.Request))
        {
            logger.LogWarning("A request without the right token was turned away");
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return;
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = (int)HttpStatusCode.MethodNotAllowed;
            return;
        }

        await WriteAsync(context);
    }

    private bool IsAuthorized(HttpRequest request)
    {
        if (token is null)
        {
            return true;
        }

        var given = Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString());
        return CryptographicOperations.FixedTimeEquals(given, token);
    }

    private async Task WriteAsync(HttpContext context)
    {
        JsonElement? id = null;
        Answer answer;
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, Strict, context.RequestAborted);
            var root = document.RootElement;
            id = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("id", out var given) ? given.Clone() : null;
            answer = Handle(root);
        }
        catch (JsonException)
        {
            answer = new Answer(null, ParseError, "the request is no JSON");
        }

        var reply = new Dictionary<string, object?> { ["jsonrpc"] = "2.0", ["id"] = id };
        if (answer.Code == 0)
        {
            reply["result"] = answer.Result;
        }
        else
        {
            reply["error"] = new Dictionary<string, object?> { ["code"] = answer.Code, ["message"] = answer.Problem };
        }

        await context.Response.WriteAsJsonAsync(reply, context.RequestAborted);
    }

    private Answer Handle(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object
            || !request.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String)
        {
            return new Answer(null, InvalidRequest, "the request is no single JSON-RPC call");
        }

        var parameters = request.TryGetProperty("params", out var given) && given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().ToList() : [];
        try
        {
            return method.GetString() switch
            {
                "eth_accounts" => new Answer(signer.Accounts.Select(account => account.ToString()).ToList(), 0, ""),
                "eth_signTransaction" when parameters.Count == 1 => SignTransaction(parameters[0]),
                "eth_signTypedData" when parameters.Count == 2 => SignTypedData(Text(parameters[0]), Text(parameters[1])),
                "eth_signTransaction" or "eth_signTypedData" => new Answer(null, InvalidParameters, "it takes another number of parameters"),
                _ => new Answer(null, MethodNotFound, "there is no such method here: what has no policy is not signed"),
            };
        }
        catch (FormatException problem)
        {
            return new Answer(null, InvalidParameters, problem.Message);
        }
    }

    private Answer SignTransaction(JsonElement wire)
    {
        var (from, transaction) = TransactionWire.Read(wire);
        var (signed, refusal) = signer.Sign(from, transaction);
        if (signed is null)
        {
            logger.LogWarning(
                "Refused {Signer} nonce {Nonce} on chain {Chain}: {Refusal}", Eip55.Format(from), transaction.Nonce, transaction.ChainId, refusal);
            return Refused(refusal!);
        }

        logger.LogInformation("Signed {Hash}: {Signer} nonce {Nonce} on chain {Chain}", signed.Hash, Eip55.Format(from), transaction.Nonce, transaction.ChainId);
        return new Answer(signed.ToHex(), 0, "");
    }

    private Answer SignTypedData(string account, string document)
    {
        var from = Address.FromHex(account);
        var (chain, verifier, observation) = ObservationTypedData.Read(document);
        var (signed, refusal) = signer.Sign(from, chain, verifier, observation);
        if (signed is null)
        {
            logger.LogWarning("Refused {Signer} epoch {Epoch} on chain {Chain}: {Refusal}", Eip55.Format(from), observation.Epoch, chain, refusal);
            return Refused(refusal!);
        }

        logger.LogInformation("Signed an observation: {Signer} epoch {Epoch} on chain {Chain}", Eip55.Format(from), observation.Epoch, chain);
        return new Answer(Hex.FromBytes(signed.Signature), 0, "");
    }

    private static Answer Refused(SignRefusal refusal) => new(
        null, refusal.Code == SignRefusalCode.UnknownAccount ? RemoteSigner.UnknownAccountCode : RemoteSigner.PolicyRefusalCode, refusal.ToString());

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new FormatException("A parameter is no text.");
}
