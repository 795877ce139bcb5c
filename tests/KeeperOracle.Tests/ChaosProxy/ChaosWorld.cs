using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.ChaosProxy;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>A live anvil that mines only when it is told to, the proxy before it, and our own client before that.</summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    public static readonly BigInteger Gwei = 1_000_000_000;

    /// <summary>Without retries: each call of a test is one call to the proxy, and a fault is seen at once.</summary>
    public static readonly HttpRpcOptions Once = new()
    {
        MaxRetries = 0,
        AttemptTimeout = TimeSpan.FromSeconds(60),
        TotalDeadline = TimeSpan.FromSeconds(60),
        CircuitMinimumCalls = 1000,
    };

    private ChaosWorld(AnvilNode anvil, ChaosProxyHost proxy, HttpRpcOptions options)
    {
        Anvil = anvil;
        Proxy = proxy;
        Rpc = new HttpRpc("proxy", proxy.Url, options);
        Eth = new EthApi(Rpc);
    }

    public AnvilNode Anvil { get; }

    public ChaosProxyHost Proxy { get; }

    public HttpRpc Rpc { get; }

    public EthApi Eth { get; }

    public static async Task<ChaosWorld> StartAsync(string rules = "[]", ulong seed = 1, HttpRpcOptions? options = null, params string[] anvilArguments)
    {
        var anvil = await AnvilNode.StartAsync(arguments: anvilArguments.Length == 0 ? ["--no-mining"] : anvilArguments);
        try
        {
            var proxy = await ChaosProxyHost.StartAsync(new ChaosProxyOptions { Upstream = anvil.Url, Rules = rules, Seed = seed });
            return new ChaosWorld(anvil, proxy, options ?? Once);
        }
        catch
        {
            await anvil.DisposeAsync();
            throw;
        }
    }

    /// <summary>Through the proxy; throws what the proxy refuses.</summary>
    public Task<JsonElement> SendAsync(string method, params object?[] parameters) => Rpc.SendAsync(method, CancellationToken.None, parameters);

    /// <summary>The refusal of a call through the proxy.</summary>
    public async Task<RpcException> RefusalAsync(string method, params object?[] parameters) =>
        await Assert.ThrowsAsync<RpcException>(() => SendAsync(method, parameters));

    public Task MineAsync(int blocks = 1) => SendAsync("anvil_mine", $"0x{blocks:x}");

    public Task<SendOutcome> SendRawAsync(SignedTransaction transaction) => Eth.SendRawTransactionAsync(transaction, CancellationToken.None);

    public async Task<bool> IsPendingAsync(SignedTransaction transaction) =>
        (await Eth.GetTransactionByHashAsync(transaction.Hash, CancellationToken.None))?.IsPending == true;

    public async Task<TransactionReceipt?> ReceiptAsync(SignedTransaction transaction) =>
        await Eth.GetTransactionReceiptAsync(transaction.Hash, CancellationToken.None);

    public async Task<ulong> PendingNonceAsync(Address account) =>
        Number(await SendAsync("eth_getTransactionCount", account.ToString(), "pending"));

    /// <summary>A transfer of one wei from one of anvil's accounts. Fees in wei for one gas.</summary>
    public static SignedTransaction Transfer(ulong nonce, BigInteger? maxFee = null, BigInteger? maxTip = null, int from = 0, Address? to = null)
    {
        using var key = AnvilNode.Key(from);
        var fee = maxFee ?? 10 * Gwei;
        return new Eip1559Transaction(new ChainId(31337), nonce, maxTip ?? Gwei, fee, 100_000, to ?? Account(9), 1, []).Sign(key);
    }

    public static Address Account(int number)
    {
        using var key = AnvilNode.Key(number);
        return key.Address;
    }

    public static ulong Number(JsonElement quantity) =>
        ulong.Parse(quantity.GetString().AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>One POST with nothing between: status, headers and body as they came.</summary>
    public async Task<(HttpResponseMessage Response, string Body)> PostAsync(string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await http.PostAsync(Proxy.Url, content);
        return (response, await response.Content.ReadAsStringAsync());
    }

    public static JsonNode? Json(string text) => JsonNode.Parse(text);

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        await Proxy.DisposeAsync();
        await Anvil.DisposeAsync();
    }
}
