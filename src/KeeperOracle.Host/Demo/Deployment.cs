using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>One collateral of the demo: its token, its three feeds, the feed that waits to replace one of them, and their decimals.</summary>
internal sealed record DemoAsset(string Symbol, Address Token, IReadOnlyList<Address> Feeds, Address Fallback, int Decimals, int FeedDecimals)
{
    public BigInteger Answer(double price) => new(Math.Round((decimal)price * (decimal)Math.Pow(10, FeedDecimals)));

    /// <summary>Whole tokens; zero of nothing.</summary>
    public double Tokens(BigInteger? units) => units is { } known ? (double)known / Math.Pow(10, Decimals) : 0;

    public BigInteger Units(double tokens) => (BigInteger)((decimal)tokens * 100_000_000m) * BigInteger.Pow(10, Decimals) / 100_000_000;
}

/// <summary>Where a chain's half of the cross-chain protocol stands.</summary>
internal sealed record CrossChainContracts(Address CollateralVault, Address MarginHub, Address AttestedHeaders);

/// <summary>The protocol on one chain, deployed by scripts/Devnet.s.sol.</summary>
internal sealed record Deployment(ProtocolAddresses Addresses, CrossChainContracts CrossChain, Address Stable, IReadOnlyList<DemoAsset> Assets, ulong Block)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>At these prices: the first two assets are those of the hours, what is listed behind them is stable at one unit of account.</summary>
    public double PriceOf(DemoAsset asset, HourlyPrices prices) => asset == Assets[0] ? prices.Weth : asset == Assets[1] ? prices.Wbtc : 1;

    /// <summary>Runs the deployment script and reads what it wrote. Throws with the script's output where it fails.</summary>
    /// <param name="withStable">a stable token that is not the lent one is listed as a third asset, with what scripts/devnet.json says of it</param>
    public static async Task<Deployment> RunAsync(
        DemoTools tools, LocalChain chain, IReadOnlyList<Address> signers, HourlyPrices first, string directory, CancellationToken cancellationToken, bool withStable = false)
    {
        var parameters = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(tools.Root, "scripts", "devnet.json"), cancellationToken))!;
        SetPrice(parameters["assets"]![0]!, first.Weth);
        SetPrice(parameters["assets"]![1]!, first.Wbtc);
        if (withStable)
        {
            parameters["assets"]!.AsArray().Add(parameters["stableAsset"]!.DeepClone());
        }

        var parameterFile = Path.Combine(directory, $"deploy-{chain.Id}.json");
        var outputFile = Path.Combine(directory, $"deployed-{chain.Id}.json");
        await File.WriteAllTextAsync(parameterFile, parameters.ToJsonString(), cancellationToken);
        await ScriptAsync(
            tools,
            chain,
            [],
            Path.Combine(directory, $"deploy-{chain.Id}.log"),
            new Dictionary<string, string>
            {
                ["DEPLOY_CONFIG"] = Path.GetRelativePath(tools.Root, parameterFile),
                ["DEPLOY_OUTPUT"] = Path.GetRelativePath(tools.Root, outputFile),
                ["ORACLE_SIGNERS"] = string.Join(',', signers),
            },
            cancellationToken);
        return Read(await File.ReadAllTextAsync(outputFile, cancellationToken), parameters);
    }

    /// <summary>
    /// Has the chain believe the headers of the other and count its liens: both were deployed from the same directory. Nothing is handed over.
    /// </summary>
    public static Task ConnectAsync(DemoTools tools, LocalChain chain, ChainId other, string directory, CancellationToken cancellationToken)
    {
        string FileOf(string name) => Path.GetRelativePath(tools.Root, Path.Combine(directory, name));
        return ScriptAsync(
            tools,
            chain,
            ["--sig", "connect()"],
            Path.Combine(directory, $"connect-{chain.Id}.log"),
            new Dictionary<string, string>
            {
                ["DEPLOY_CONFIG"] = FileOf($"deploy-{chain.Id}.json"),
                ["DEPLOY_OUTPUT"] = FileOf($"deployed-{chain.Id}.json"),
                ["DEPLOY_PEERS"] = FileOf($"deployed-{other}.json"),
            },
            cancellationToken);
    }

    private static async Task ScriptAsync(
        DemoTools tools, LocalChain chain, IReadOnlyList<string> more, string logFile, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        // --slow: one transaction after another. Sent all at once, anvil 1.7.1 sometimes loses one and forge waits for it for ever.
        await using var forge = ChildProcess.Start(
            tools.Forge,
            ["script", "scripts/Devnet.s.sol", "--rpc-url", chain.Url.ToString(), "--broadcast", "--slow", "--unlocked", "--sender", chain.Accounts[0].ToString(), .. more],
            tools.Root,
            logFile,
            environment);
        await forge.Exited(cancellationToken).WaitAsync(Limit, cancellationToken);
        if (forge.ExitCode != 0)
        {
            throw new InvalidOperationException($"The deployment to chain {chain.Name} failed:\n{await File.ReadAllTextAsync(logFile, cancellationToken)}");
        }
    }

    private static Deployment Read(string json, JsonNode parameters)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        Address At(string name) => Address.FromHex(root.GetProperty(name).GetString()!);
        Address[] Many(string name) => [.. root.GetProperty(name).EnumerateArray().Select(item => Address.FromHex(item.GetString()!))];
        var tokens = Many("tokens");
        var (first, second, third, fallback) = (Many("feeds"), Many("secondFeeds"), Many("thirdFeeds"), Many("fallbackFeeds"));
        var assets = parameters["assets"]!.AsArray().Select((asset, i) => new DemoAsset(
            asset!["symbol"]!.GetValue<string>(), tokens[i], [first[i], second[i], third[i]], fallback[i], Int(asset["decimals"]!), Int(asset["feedDecimals"]!)));
        return new Deployment(
            new ProtocolAddresses(At("multicall3"), At("oracleHub"), At("attestationVerifier"), At("riskOracle"), At("marginVault")),
            new CrossChainContracts(At("collateralVault"), At("marginHub"), At("attestedHeaders")),
            At("stable"),
            [.. assets],
            ulong.Parse(root.GetProperty("deployedAtBlock").ToString(), CultureInfo.InvariantCulture));
    }

    /// <summary>First answer and believable range around it: whatever the file's prices are, a hundredth and a hundredfold are no price.</summary>
    private static void SetPrice(JsonNode asset, double price)
    {
        var scale = BigInteger.Pow(10, 18);
        var raw = (BigInteger)((decimal)price * 1_000_000m) * scale / 1_000_000;
        asset["initialAnswer"] = (raw / BigInteger.Pow(10, 18 - Int(asset["feedDecimals"]!))).ToString(CultureInfo.InvariantCulture);
        asset["minPrice"] = (raw / 100).ToString(CultureInfo.InvariantCulture);
        asset["maxPrice"] = (raw * 100).ToString(CultureInfo.InvariantCulture);
    }

    private static int Int(JsonNode node) => int.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture);
}
