using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Configuration;

/// <summary>What must hold among chains that believe each other's headers, and what a relay needs.</summary>
internal static class CrossChainRules
{
    internal static void Judge(KeeperOracleOptions options, ConfigurationUse use, ProblemList problems)
    {
        for (var at = 0; at < options.Oracle.Headers.Count; at++)
        {
            var (path, line) = ($"Oracle:Headers:{at}", options.Oracle.Headers[at]);
            Ends(path, ("Of", line.Of), ("On", line.On), options.Oracle.Headers.Take(at).Contains(line), options, problems);
            Contract($"{path}:On", line.On, "AttestedHeaders", chain => chain.CrossChain.AttestedHeaders, options, problems);
        }

        for (var at = 0; at < options.Relay.Links.Count; at++)
        {
            var (path, link) = ($"Relay:Links:{at}", options.Relay.Links[at]);
            Ends(path, ("Vault", link.Vault), ("Hub", link.Hub), options.Relay.Links.Take(at).Contains(link), options, problems);
            Contract($"{path}:Vault", link.Vault, "CollateralVault", chain => chain.CrossChain.CollateralVault, options, problems);
            Contract($"{path}:Hub", link.Hub, "MarginHub", chain => chain.CrossChain.MarginHub, options, problems);
            Contract($"{path}:Vault", link.Vault, "AttestedHeaders", chain => chain.CrossChain.AttestedHeaders, options, problems);
            Contract($"{path}:Hub", link.Hub, "AttestedHeaders", chain => chain.CrossChain.AttestedHeaders, options, problems);
        }

        HeadersNeedAKeystore(options, problems);
        if (use == ConfigurationUse.Relay)
        {
            RelayNeeds(options, problems);
        }
    }

    private static void Ends(
        string path, (string Name, ChainId Id) first, (string Name, ChainId Id) second, bool isTwice, KeeperOracleOptions options, ProblemList problems)
    {
        foreach (var (name, id) in new[] { first, second })
        {
            if (options.FindChain(id) is null && !problems.Has($"{path}:{name}"))
            {
                problems.Add(
                    $"{path}:{name}", $"{id}", "this chain is not in Chains", $"Add {KeyTable.Section}:Chains:{id}, or name one of {string.Join(", ", options.Chains.Select(chain => chain.Id))}.");
            }
        }

        if (first.Id == second.Id && !problems.Has($"{path}:{second.Name}"))
        {
            problems.Add($"{path}:{second.Name}", $"{second.Id}", $"{first.Name} is the same chain, which knows its own blocks", "Name two chains.");
        }
        else if (isTwice)
        {
            problems.Add(path, null, "an earlier entry of the list says the same", "List each once.");
        }
    }

    private static void Contract(
        string path, ChainId id, string name, Func<ChainOptions, Address> of, KeeperOracleOptions options, ProblemList problems)
    {
        if (options.FindChain(id) is { } chain && of(chain).IsZero && !problems.Has($"Chains:{id}:{name}"))
        {
            problems.Add($"Chains:{id}:{name}", null, $"missing, and {path} goes there", "Set it to an address of 0x and 40 digits with its EIP-55 checksum.");
        }
    }

    /// <summary>The protocol of signing processes has no document for headers yet, so such a node would attest nothing and say so at every block.</summary>
    private static void HeadersNeedAKeystore(KeeperOracleOptions options, ProblemList problems)
    {
        if (options.Oracle is { Headers.Count: > 0, Key: { } name } && options.FindKey(name) is { Remote: not null } key && !problems.Has($"Keys:{key.Name}:Signer"))
        {
            problems.Add(
                $"Keys:{key.Name}:Signer", null, "a signer in another process does not sign headers, and Oracle:Headers asks for them", "Give this node a keystore, or take Oracle:Headers out.");
        }
    }

    private static void RelayNeeds(KeeperOracleOptions options, ProblemList problems)
    {
        if (options.JournalFile is null && !problems.Has("JournalFile"))
        {
            problems.Add("JournalFile", null, "missing, and nothing may be sent that is not written down", "Set it to a path on a disk that survives a restart; each relay has its own.");
        }

        if (options.Mode != OperatingMode.Active && !problems.Has("Mode"))
        {
            problems.Add("Mode", options.Mode.ToString().ToLowerInvariant(), "a relay only sends, and this mode sends nothing", "Set it to active for this process.");
        }

        if (options.Relay.Key is null && !problems.Has("Relay:Key"))
        {
            problems.Add("Relay:Key", null, "missing, and a relay sends transactions", $"Set it to a name in {KeyTable.Section}:Keys with Role keeper.");
        }

        if (options.Relay.Links.Count == 0 && !problems.Has("Relay:Links"))
        {
            problems.Add("Relay:Links", null, "no link is named, so there is nothing to carry", "Add one, { \"Vault\": chain id, \"Hub\": chain id }.");
        }

        if (options.Relay.OracleNodes.Count == 0 && !problems.Has("Relay:OracleNodes"))
        {
            problems.Add("Relay:OracleNodes", null, "no oracle node is named, so no header could be carried", "Name those of the market, each { \"Name\": …, \"Url\": … }.");
        }
    }
}
