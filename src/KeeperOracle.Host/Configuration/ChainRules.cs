using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Configuration;

/// <summary>What must hold among the values of one chain.</summary>
internal static class ChainRules
{
    internal static void Judge(KeeperOracleOptions options, ConfigurationUse use, ProblemList problems)
    {
        if (options.Chains.Count == 0 && use != ConfigurationUse.ReadOnly && !problems.Has("Chains"))
        {
            problems.Add(
                "Chains",
                null,
                "no chain is named, so there is nothing to do",
                "Add one under its decimal chain id, for example \"31337\".");
        }

        foreach (var chain in options.Chains)
        {
            ContractsDiffer(chain, problems);
            FeesAreOrdered(chain, problems);
            NativeAssetIsReadable(chain, problems);
            ReadsHaveAQuorum(chain, problems);
            Endpoints($"Chains:{chain.Id}:Rpc", chain.Rpc, "one node would count twice in the quorum of reads", problems);
        }

        Endpoints("Relay:OracleNodes", options.Relay.OracleNodes, "one node would be asked twice for the same signature", problems);
        Endpoints("Keeper:OracleNodes", options.Keeper.OracleNodes, "one node would be asked twice for the same signature", problems);
    }

    private static void ContractsDiffer(ChainOptions chain, ProblemList problems)
    {
        (string Name, Address Address)[] contracts =
        [
            ("Multicall3", chain.Multicall3),
            ("OracleHub", chain.OracleHub),
            ("AttestationVerifier", chain.AttestationVerifier),
            ("RiskOracle", chain.RiskOracle),
            ("MarginVault", chain.MarginVault),
            ("CollateralVault", chain.CrossChain.CollateralVault),
            ("MarginHub", chain.CrossChain.MarginHub),
            ("AttestedHeaders", chain.CrossChain.AttestedHeaders),
        ];
        for (var i = 1; i < contracts.Length; i++)
        {
            var (name, address) = contracts[i];
            var path = $"Chains:{chain.Id}:{name}";
            var same = Array.FindIndex(contracts, 0, i, other => other.Address == address);
            // Addresses refused by the reader stand as zero here.
            if (same >= 0 && !address.IsZero)
            {
                problems.Add(
                    path,
                    Eip55.Format(address),
                    $"{contracts[same].Name} has the same address",
                    $"Set each to its own contract; one of the two was copied.");
            }
        }
    }

    private static void FeesAreOrdered(ChainOptions chain, ProblemList problems)
    {
        var path = $"Chains:{chain.Id}:MaxPriorityFeePerGasGwei";
        if (chain.MaxPriorityFeePerGasGwei > chain.MaxFeePerGasGwei && !problems.Has(path) && !problems.Has($"Chains:{chain.Id}:MaxFeePerGasGwei"))
        {
            problems.Add(
                path,
                FormattableString.Invariant($"{chain.MaxPriorityFeePerGasGwei}"),
                FormattableString.Invariant($"a part cannot exceed the whole, and MaxFeePerGasGwei is {chain.MaxFeePerGasGwei}; nodes refuse such a transaction"),
                FormattableString.Invariant($"Set it to {chain.MaxFeePerGasGwei} or less, or raise MaxFeePerGasGwei."));
        }
    }

    /// <summary>What begins as an address and is none would be looked for as a symbol, and never found.</summary>
    private static void NativeAssetIsReadable(ChainOptions chain, ProblemList problems)
    {
        var path = $"Chains:{chain.Id}:NativeAsset";
        if (chain.Sending.NativeAsset is { } name && name.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && !Eip55.TryParse(name, out _, out var problem) && !problems.Has(path))
        {
            problems.Add(path, name, problem!, "Set it to the symbol of a collateral, or to its address of 0x and 40 digits with its EIP-55 checksum.");
        }
    }

    private static void ReadsHaveAQuorum(ChainOptions chain, ProblemList problems)
    {
        var path = $"Chains:{chain.Id}:ReadQuorum";
        var nodes = chain.Rpc.Count;
        var majority = (nodes / 2) + 1;
        if (nodes == 0 || problems.Has(path) || (chain.RequiredNodes >= majority && chain.RequiredNodes <= nodes))
        {
            return;
        }

        problems.Add(
            path,
            FormattableString.Invariant($"{chain.ReadQuorum}"),
            chain.ReadQuorum > nodes
                ? FormattableString.Invariant($"there are only {nodes} nodes, so no answer could ever count")
                : FormattableString.Invariant($"of {nodes} nodes, two groups of {chain.ReadQuorum} could say two different things and both be believed"),
            majority == nodes
                ? FormattableString.Invariant($"Set it to {nodes}, or name more nodes in Chains:{chain.Id}:Rpc.")
                : FormattableString.Invariant($"Set it to {majority} to {nodes} (n = {nodes} nodes), or to 0 for {majority}."));
    }

    private static void Endpoints(string list, IReadOnlyList<EndpointOptions> endpoints, string harm, ProblemList problems)
    {
        for (var i = 1; i < endpoints.Count; i++)
        {
            var earlier = endpoints.Take(i).ToList();
            if (earlier.Exists(other => string.Equals(other.Name, endpoints[i].Name, StringComparison.OrdinalIgnoreCase)) && !problems.Has($"{list}:{i}:Name"))
            {
                problems.Add(
                    $"{list}:{i}:Name", endpoints[i].Name, "another node of this list has this name", "Give each node its own name.");
            }

            var twin = earlier.FindIndex(other => other.Url.Equals(endpoints[i].Url));
            if (twin >= 0 && !problems.Has($"{list}:{i}:Url") && !problems.Has($"{list}:{twin}:Url"))
            {
                problems.Add(
                    $"{list}:{i}:Url",
                    endpoints[i].Url.ToString(),
                    $"position {twin} has the same URL: {harm}",
                    "Name another node, or take this one out.");
            }
        }
    }
}
