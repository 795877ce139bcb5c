using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Demo;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Configurations that are well-formed and wrong for the chain they name: swapped addresses, addresses of something else, another chain, signers
/// and thresholds that are not the chain's. Each is refused before anything is signed, by the checks that `doctor`, `run` and `oracle run` make, and
/// the key is named. What is wrong without a chain is in Host/Configuration/ConfigurationRefusalTests.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class ConfigurationFaultTests(ProtocolWorld world)
{
    private static readonly string[] Contracts = ["Multicall3", "OracleHub", "AttestationVerifier", "RiskOracle", "MarginVault"];

    [Fact]
    public async Task F54_ConfigurationsThatDoNotFitTheChain_AreEachRefusedWithTheKeyNamed()
    {
        await world.ResetAsync();
        var wrong = Swapped().Concat(Elsewhere()).Concat(OtherSigners()).Concat(OtherChains()).ToList();
        Assert.True(wrong.Count >= 40, $"{wrong.Count}");
        foreach (var (name, change, blamed) in wrong)
        {
            using var folder = world.NewKeeper(KeeperMode.Active);
            folder.Edit("common.json", change);
            var loaded = ConfigurationLoader.Load([folder.FileOf("common.json"), folder.FileOf("keeper.json")], null, ConfigurationUse.Keeper);
            var found = loaded.Options is { } options ? await FailuresAsync(options) : [.. loaded.Problems.Select(problem => problem.ToString())];
            Assert.True(found.Count > 0, $"{name}: accepted");
            Assert.True(blamed.Any(key => found.Any(text => text.Contains($"KeeperOracle:{key}", StringComparison.Ordinal))), $"{name}: {string.Join('\n', found)}");
        }
    }

    [Fact]
    public async Task F54_KeyThatIsNoSignerOrHasNoGas_IsRefusedWithTheFix()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var options = ConfigurationLoader.Load([folder.FileOf("common.json"), folder.FileOf("keeper.json")], null, ConfigurationUse.Keeper).Options!;
        var stranger = Address.FromHex("0x00000000000000000000000000000000000000ee");
        Assert.Contains($"Send native tokens to {Eip55.Format(stranger)}", Assert.Single(await FailuresAsync(options, keeper: stranger)), StringComparison.Ordinal);
        Assert.Contains("KeeperOracle:Oracle:Key", Assert.Single(await FailuresAsync(options, oracle: stranger)), StringComparison.Ordinal);
        Assert.Empty(await FailuresAsync(options, world.Keeper, world.Signers[0].Address));
    }

    private static async Task<List<string>> FailuresAsync(KeeperOracleOptions options, Address? keeper = null, Address? oracle = null)
    {
        using var chain = new ChainAccess(options.Chains.Single(), TimeProvider.System);
        var checks = await StartChecks.AllAsync([chain], options.Quorum, keeper, reporter: null, oracle, hasSurface: false, CancellationToken.None);
        return [.. checks.Where(check => check.Status is CheckStatus.Failed or CheckStatus.Unreachable).Select(check => $"{check.Name}: {check.Found}. {check.Fix}")];
    }

    private static IEnumerable<(string, Action<JsonObject>, string[])> Swapped() =>
        from first in Contracts
        from second in Contracts
        where string.CompareOrdinal(first, second) < 0
        select ($"{first} and {second} swapped", Edit(chain => (chain[first], chain[second]) = (chain[second]!.DeepClone(), chain[first]!.DeepClone())), new[] { Key(first), Key(second) });

    private IEnumerable<(string, Action<JsonObject>, string[])> Elsewhere() =>
        from contract in Contracts
        from other in (Address[])[world.Owner(3), world.Deployment.Stable, world.Deployment.Assets[0].Token, world.Deployment.Assets[0].Feeds[0]]
        select ($"{contract} at {other}", Edit(chain => chain[contract] = Eip55.Format(other)), new[] { Key(contract) });

    private static IEnumerable<(string, Action<JsonObject>, string[])> OtherSigners()
    {
        for (var i = 0; i < 4; i++)
        {
            var place = i;
            yield return ($"signer {place} another", section => section["Quorum"]!["Signers"]![place] = "0x00000000000000000000000000000000000000EE", ["Quorum:Signers"]);
            yield return ($"signer {place} left out", section => section["Quorum"]!["Signers"]!.AsArray().RemoveAt(place), ["Quorum:Signers"]);
        }

        yield return (
            "a fifth signer",
            section =>
            {
                section["Quorum"]!["Signers"]!.AsArray().Add("0x00000000000000000000000000000000000000EE");
                section["Quorum"]!["Threshold"] = 4;
            },
            ["Quorum:Signers"]);
        yield return ("a higher threshold than the chain's", section => section["Quorum"]!["Threshold"] = 4, ["Quorum:TightenThreshold and Threshold"]);
        yield return ("a higher threshold to tighten", section => section["Quorum"]!["TightenThreshold"] = 3, ["Quorum:TightenThreshold and Threshold"]);
        yield return ("threshold 1", section => section["Quorum"]!["Threshold"] = 1, ["Quorum:Threshold"]);
    }

    private static IEnumerable<(string, Action<JsonObject>, string[])> OtherChains()
    {
        foreach (var id in (string[])["1", "10", "31338", "4294998633"])
        {
            yield return (
                $"chain {id}",
                section =>
                {
                    var chains = section["Chains"]!.AsObject();
                    var chain = chains["31337"]!;
                    chains.Remove("31337");
                    chains[id] = chain;
                },
                [$"Chains:{id}:Rpc"]);
        }

        yield return ("a node that is none", Edit(chain => chain["Rpc"]![0]!["Url"] = $"http://127.0.0.1:{LocalChain.FreePort()}"), ["Chains:31337:Rpc"]);
        yield return ("a quorum of two nodes of one", Edit(chain => chain["ReadQuorum"] = 2), ["Chains:31337:ReadQuorum"]);
    }

    private static Action<JsonObject> Edit(Action<JsonObject> change) => section => change(section["Chains"]!["31337"]!.AsObject());

    private static string Key(string contract) => $"Chains:31337:{contract}";
}
