using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// A live anvil of this test's own, on a port of loopback that the system chose. It is ready when <see cref="StartAsync"/> returns and
/// gone after <see cref="DisposeAsync"/>, which ends this one process only.
/// </summary>
internal sealed partial class AnvilNode : IAsyncDisposable
{
    private readonly Process _process;

    private AnvilNode(Process process, int port, ChainId chainId)
    {
        _process = process;
        ChainId = chainId;
        Url = new Uri($"http://127.0.0.1:{port}");
        Rpc = new HttpRpc("anvil", Url);
        Eth = new EthApi(Rpc);
    }

    public ChainId ChainId { get; }

    public Uri Url { get; }

    public HttpRpc Rpc { get; }

    public EthApi Eth { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts anvil; one block a transaction unless the arguments say otherwise (for example "--no-mining").</summary>
    public static async Task<AnvilNode> StartAsync(ulong chainId = 31337, params string[] arguments)
    {
        var id = chainId.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(RepositoryFiles.Anvil, ["--port", "0", "--host", "127.0.0.1", "--chain-id", id, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("anvil did not start.");
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var port = await ReadPortAsync(process, limit.Token);
            // The pipes are read to their end, or anvil would stop when they are full.
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            var node = new AnvilNode(process, port, new ChainId(chainId));
            await node.Eth.GetChainIdAsync(limit.Token);
            return node;
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>One of anvil's ten well-known funded keys, by number from 0. They are public: worth nothing anywhere else.</summary>
    public static PrivateKey Key(int number) => PrivateKey.FromBytes(Hex.ToBytes(Keys[number]));

    /// <summary>Any method, with anvil's own among them.</summary>
    public Task<JsonElement> SendAsync(string method, params object?[] parameters) => Rpc.SendAsync(method, CancellationToken.None, parameters);

    public Task MineAsync(int blocks = 1) => SendAsync("anvil_mine", $"0x{blocks:x}");

    /// <summary>Replaces the last blocks by empty ones.</summary>
    public Task ReorgAsync(int depth) => SendAsync("anvil_reorg", depth, Array.Empty<object>());

    /// <summary>Puts code at an address without deploying it.</summary>
    public Task SetCodeAsync(Address address, string hex) => SendAsync("anvil_setCode", address.ToString(), hex);

    /// <summary>Deploys from anvil's first account, which anvil signs for.</summary>
    public async Task<Address> DeployAsync(string bytecode)
    {
        using var key = Key(0);
        var message = new Dictionary<string, object?> { ["from"] = key.Address.ToString(), ["data"] = bytecode, ["gas"] = "0x1c9c380" };
        var hash = Hash32.FromHex((await SendAsync("eth_sendTransaction", message)).GetString()!);
        return (await WaitForReceiptAsync(hash)).ContractAddress ?? throw new InvalidOperationException("The transaction deployed nothing.");
    }

    /// <summary>Anvil answers before it has mined: asks again until the transaction is in a block.</summary>
    public async Task<TransactionReceipt> WaitForReceiptAsync(Hash32 hash)
    {
        for (var i = 0; i < 3000; i++)
        {
            if (await Eth.GetTransactionReceiptAsync(hash, CancellationToken.None) is { } receipt)
            {
                return receipt;
            }

            await Task.Delay(10);
        }

        throw new InvalidOperationException($"The transaction {hash} is in no block.");
    }

    /// <summary>Multicall3 as it is on public chains, from the bytecode that viem ships.</summary>
    public async Task<Address> DeployMulticall3Async()
    {
        var source = await File.ReadAllTextAsync(RepositoryFiles.PathOf("node_modules", "viem", "constants", "contracts.ts"));
        return await DeployAsync(Multicall3Bytecode().Match(source).Groups[1].Value);
    }

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static async Task<int> ReadPortAsync(Process process, CancellationToken ct)
    {
        while (await process.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException($"anvil ended: {await process.StandardError.ReadToEndAsync(ct)}");
    }

    [GeneratedRegex(@"Listening on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();

    [GeneratedRegex(@"multicall3Bytecode =\s*'(0x[0-9a-f]+)'")]
    private static partial Regex Multicall3Bytecode();

    private static readonly string[] Keys =
    [
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
        "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
        "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
        "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
        "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
        "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
        "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    ];
}
