using System.Text.Json.Nodes;
using KeeperOracle.Host.Configuration;

namespace KeeperOracle.Tests.Host.Configuration;

/// <summary>A directory with a configuration that every use accepts, and ways to spoil it.</summary>
public abstract class ConfigurationFixture : IDisposable
{
    protected const string Valid =
        """
        {
          "$schema": "./keeperoracle.schema.json",
          "KeeperOracle": {
            "Mode": "active",
            "JournalFile": "journal.db",
            "Chains": {
              "31337": {
                "Name": "anvil",
                "Rpc": [ { "Name": "a", "Url": "http://127.0.0.1:8545/v2/SECRET-API-KEY" }, { "Name": "b", "Url": "http://127.0.0.1:8546" } ],
                "Multicall3": "0xcA11bde05977b3631167028862bE2a173976CA11",
                "OracleHub": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
                "AttestationVerifier": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
                "RiskOracle": "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
                "MarginVault": "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9"
              }
            },
            "Quorum": {
              "Signers": [
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
              ]
            },
            "Keys": {
              "sender": { "Role": "keeper", "KeystoreFile": "sender.json", "PasswordFile": "password" },
              "reporter": { "Role": "oracle", "KeystoreFile": "reporter.json", "PasswordFile": "password" }
            },
            "Keeper": { "Key": "sender", "OracleNodes": [ { "Name": "n1", "Url": "http://127.0.0.1:8550" } ] },
            "Oracle": { "Key": "reporter", "RecordFile": "record.db", "Assets": { "WETH": { "StressVolatility": 1.2, "SellSize": 100000, "DailyVolume": 5e8 } } }
          }
        }
        """;

    protected ConfigurationFixture()
    {
        foreach (var name in (string[])["sender.json", "reporter.json", "password"])
        {
            File.WriteAllText(Path.Combine(Folder, name), "x");
        }
    }

    protected string Folder { get; } = Directory.CreateTempSubdirectory("keeperoracle-config-").FullName;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(Folder, recursive: true);
    }

    protected string Write(string json, string name = "config.json")
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, json);
        return path;
    }

    /// <summary>The valid configuration with one value set, or removed where <paramref name="json"/> is null.</summary>
    protected static string Mutate(string path, string? json)
    {
        var root = JsonNode.Parse(Valid)!;
        var segments = path.Split(':');
        var node = root["KeeperOracle"]!;
        foreach (var segment in segments[..^1])
        {
            node = node is JsonArray list ? list[int.Parse(segment, System.Globalization.CultureInfo.InvariantCulture)]! : node[segment] ??= new JsonObject();
        }

        if (node is JsonArray array)
        {
            var at = int.Parse(segments[^1], System.Globalization.CultureInfo.InvariantCulture);
            if (at < array.Count)
            {
                array.RemoveAt(at);
            }

            if (json is not null)
            {
                array.Insert(at, JsonNode.Parse(json));
            }
        }
        else if (json is null)
        {
            node.AsObject().Remove(segments[^1]);
        }
        else
        {
            node[segments[^1]] = JsonNode.Parse(json);
        }

        return root.ToJsonString();
    }

    protected ConfigurationResult Load(string json, ConfigurationUse use = ConfigurationUse.Keeper, IDictionary<string, string>? environment = null) =>
        ConfigurationLoader.Load([Write(json)], environment, use);

    protected static KeeperOracleOptions Options(ConfigurationResult result)
    {
        Assert.Empty(result.Problems);
        return result.Options!;
    }
}
