using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>Writes the configuration files of the demo's processes: one they share, one for the keeper, one for each oracle node.</summary>
internal static class DemoConfiguration
{
    private const string CommonFile = "common.json";

    public static string Common(string directory) => Path.Combine(directory, CommonFile);

    public static string Keeper(string directory) => Path.Combine(directory, "keeper.json");

    public static string Relay(string directory) => Path.Combine(directory, "relay.json");

    public static string Surface(string directory) => Path.Combine(directory, "surface.json");

    public static string Oracle(string directory, DemoKey key) => Path.Combine(directory, $"{key.Name}.json");

    /// <param name="relay">where there is one, each chain's headers are attested for every other, and links run both ways</param>
    /// <param name="surfacePublisher">where there is one, the nodes take implied volatilities from what it signs in <see cref="Surface"/></param>
    public static void Write(
        string directory,
        IReadOnlyList<(LocalChain Chain, Deployment Deployment)> chains,
        DemoKey keeper,
        IReadOnlyList<(DemoKey Key, Uri Url)> oracles,
        (DemoKey Key, Uri Url)? relay = null,
        Address? surfacePublisher = null)
    {
        var ids = chains.Select(pair => pair.Chain.Id.Value).ToList();
        var lines = relay is null ? [] : ids.SelectMany(of => ids.Where(on => on != of).Select(on => (Of: of, On: on))).ToList();
        if (relay is { } carrier)
        {
            Save(Relay(directory), Relay(carrier.Key, carrier.Url, lines, oracles));
        }

        var quorum = new JsonObject
        {
            ["Signers"] = new JsonArray([.. oracles.Select(oracle => oracle.Key.Address).Order().Select(address => JsonValue.Create(Eip55.Format(address)))]),
            ["TightenThreshold"] = 2,
            ["Threshold"] = 3,
        };
        Save(Common(directory), new JsonObject
        {
            ["Chains"] = new JsonObject(chains.Select(pair => KeyValuePair.Create(pair.Chain.Id.ToString(), (JsonNode?)Chain(pair.Chain, pair.Deployment)))),
            ["Quorum"] = quorum,
        });
        WriteKeeper(directory, keeper, oracles);
        foreach (var (key, url) in oracles)
        {
            var oracle = new JsonObject
            {
                ["Key"] = key.Name,
                ["RecordFile"] = $"{key.Name}.record.db",
                ["ListenUrl"] = url.ToString(),
                ["Headers"] = new JsonArray([.. lines.Select(line => new JsonObject { ["Of"] = line.Of, ["On"] = line.On })]),
                ["HeaderEveryBlocks"] = 1, // a local chain mines on demand: there may be no later block
                ["Assets"] = new JsonObject(chains.SelectMany(pair => pair.Deployment.Assets).Select(asset => asset.Symbol).Distinct()
                    .Select(symbol => KeyValuePair.Create(symbol, (JsonNode?)Asset(symbol)))),
            };
            if (surfacePublisher is { } publisher)
            {
                (oracle["SurfaceFile"], oracle["SurfacePublisher"]) = (Path.GetFileName(Surface(directory)), Eip55.Format(publisher));
            }

            Save(Oracle(directory, key), new JsonObject { ["Keys"] = new JsonObject { [key.Name] = Key(key) }, ["Oracle"] = oracle });
        }
    }

    /// <summary>That of a keeper alone.</summary>
    /// <param name="oracles">whose reports it collects</param>
    public static void WriteKeeper(string directory, DemoKey key, IReadOnlyList<(DemoKey Key, Uri Url)> oracles) => Save(Keeper(directory), new JsonObject
    {
        ["Mode"] = "active",
        ["JournalFile"] = "journal.db",
        ["Keys"] = new JsonObject { [key.Name] = Key(key) },
        ["Keeper"] = new JsonObject
        {
            ["Key"] = key.Name,
            ["DoppelgangerSeconds"] = 0, // the key was made a moment ago
            ["MaxLiquidatableByReportBps"] = 10_000, // twenty accounts near their limit are the whole book here: any report in a crash moves most of it
            ["OracleNodes"] = Nodes(oracles),
        },
    });

    private static JsonObject Relay(DemoKey key, Uri url, IReadOnlyList<(ulong Of, ulong On)> lines, IReadOnlyList<(DemoKey Key, Uri Url)> oracles) => new()
    {
        ["Mode"] = "active",
        ["JournalFile"] = "relay.journal.db",
        ["Keys"] = new JsonObject { [key.Name] = Key(key) },
        ["Keeper"] = new JsonObject { ["DoppelgangerSeconds"] = 0, ["LeaseSeconds"] = 1 }, // the key was made a moment ago; a relay that was killed leaves a lease
        ["Relay"] = new JsonObject
        {
            ["Key"] = key.Name,
            ["ListenUrl"] = url.ToString(),
            ["OracleNodes"] = Nodes(oracles),
            ["Links"] = new JsonArray([.. lines.Select(line => new JsonObject { ["Vault"] = line.Of, ["Hub"] = line.On })]),
        },
    };

    private static JsonArray Nodes(IReadOnlyList<(DemoKey Key, Uri Url)> oracles) =>
        new([.. oracles.Select(oracle => new JsonObject { ["Name"] = oracle.Key.Name, ["Url"] = oracle.Url.ToString() })]);

    private static JsonObject Chain(LocalChain chain, Deployment deployment) => new()
    {
        ["Name"] = chain.Name,
        ["Rpc"] = new JsonArray(new JsonObject
        {
            ["Name"] = $"anvil {chain.Name}",
            ["Url"] = $"{chain.Url}?key={DemoKey.SecretPrefix}rpc-{chain.Id}",
            ["WebSocketUrl"] = new UriBuilder(chain.Url) { Scheme = "ws", Query = $"key={DemoKey.SecretPrefix}ws-{chain.Id}" }.Uri.ToString(),
        }),
        ["Multicall3"] = Eip55.Format(deployment.Addresses.Multicall3),
        ["OracleHub"] = Eip55.Format(deployment.Addresses.OracleHub),
        ["AttestationVerifier"] = Eip55.Format(deployment.Addresses.AttestationVerifier),
        ["RiskOracle"] = Eip55.Format(deployment.Addresses.RiskOracle),
        ["MarginVault"] = Eip55.Format(deployment.Addresses.MarginVault),
        ["CollateralVault"] = Eip55.Format(deployment.CrossChain.CollateralVault),
        ["MarginHub"] = Eip55.Format(deployment.CrossChain.MarginHub),
        ["AttestedHeaders"] = Eip55.Format(deployment.CrossChain.AttestedHeaders),
        ["NativeAsset"] = "WETH",
        ["PollMilliseconds"] = 100,
        ["Confirmations"] = 0, // a local chain mines on demand: there may be no block on top
    };

    private static JsonObject Key(DemoKey key) => new()
    {
        ["Role"] = key.Role,
        ["KeystoreFile"] = Path.GetFileName(key.KeystoreFile),
        ["PasswordFile"] = Path.GetFileName(key.PasswordFile),
    };

    private static JsonObject Asset(string symbol)
    {
        var (stress, dailyVolume) = symbol switch
        {
            "WETH" => (1.20, 400_000_000),
            "WBTC" => (0.95, 900_000_000),
            _ => (0.40, 2_000_000_000), // a stable token: of a week in which its peg is doubted
        };
        return new JsonObject { ["StressVolatility"] = stress, ["SellSize"] = 2_000_000, ["DailyVolume"] = dailyVolume };
    }

    private static void Save(string file, JsonObject section) =>
        File.WriteAllText(file, new JsonObject { ["KeeperOracle"] = section }.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }));
}
