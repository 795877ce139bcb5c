using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;

namespace KeeperOracle.Host.Demo;

/// <summary>Writes the configuration files of the demo's processes: one they share, one for the keeper, one for each oracle node.</summary>
internal static class DemoConfiguration
{
    private const string CommonFile = "common.json";

    public static string Common(string directory) => Path.Combine(directory, CommonFile);

    public static string Keeper(string directory) => Path.Combine(directory, "keeper.json");

    public static string Oracle(string directory, DemoKey key) => Path.Combine(directory, $"{key.Name}.json");

    public static void Write(
        string directory,
        IReadOnlyList<(LocalChain Chain, Deployment Deployment)> chains,
        DemoKey keeper,
        IReadOnlyList<(DemoKey Key, Uri Url)> oracles)
    {
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
        Save(Keeper(directory), new JsonObject
        {
            ["Mode"] = "active",
            ["JournalFile"] = "journal.db",
            ["Keys"] = new JsonObject { [keeper.Name] = Key(keeper) },
            ["Keeper"] = new JsonObject
            {
                ["Key"] = keeper.Name,
                ["DoppelgangerSeconds"] = 0, // the key was made a moment ago
                ["MaxLiquidatableByReportBps"] = 10_000, // twenty accounts near their limit are the whole book here: any report in a crash moves most of it
                ["OracleNodes"] = new JsonArray([.. oracles.Select(oracle => new JsonObject { ["Name"] = oracle.Key.Name, ["Url"] = oracle.Url.ToString() })]),
            },
        });
        foreach (var (key, url) in oracles)
        {
            Save(Oracle(directory, key), new JsonObject
            {
                ["Keys"] = new JsonObject { [key.Name] = Key(key) },
                ["Oracle"] = new JsonObject
                {
                    ["Key"] = key.Name,
                    ["RecordFile"] = $"{key.Name}.record.db",
                    ["ListenUrl"] = url.ToString(),
                    ["Assets"] = new JsonObject { ["WETH"] = Asset(1.20, 400_000_000), ["WBTC"] = Asset(0.95, 900_000_000) },
                },
            });
        }
    }

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

    private static JsonObject Asset(double stress, double dailyVolume) => new()
    {
        ["StressVolatility"] = stress,
        ["SellSize"] = 2_000_000,
        ["DailyVolume"] = dailyVolume,
    };

    private static void Save(string file, JsonObject section) =>
        File.WriteAllText(file, new JsonObject { ["KeeperOracle"] = section }.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }));
}
