using System.Collections.Immutable;
using System.Text.Json;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Observations;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Asks the oracle nodes what they offer for one chain. Anyone may carry a report: nothing here trusts a node; signatures are recovered
/// against this chain's verifier, and the core judges what comes of it. A node that does not answer simply offers nothing.
/// </summary>
public sealed class ObservationCollector(ChainAccess chain, IReadOnlyList<(string Name, Uri Url)> nodes, HttpClient http, ILogger logger)
{
    private readonly ObservationSigning _signing = new(chain.Id, chain.Addresses.AttestationVerifier);
    private readonly HashSet<string> _silent = [];
    private ImmutableArray<CollectedObservation> _last = [];

    /// <summary>The event, or null where the nodes offer the same as last time.</summary>
    public async Task<ObservationsCollected?> CollectAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(nodes.Select(node => AskAsync(node.Name, node.Url, cancellationToken)));
        foreach (var (node, answer) in nodes.Zip(answers))
        {
            Tell(node.Name, answer.Problem);
        }

        ImmutableArray<CollectedObservation> collected = [.. answers.Select(answer => answer.Observation).OfType<CollectedObservation>()];
        if (collected.Length == _last.Length && collected.Zip(_last).All(pair => SaysTheSame(pair.First, pair.Second)))
        {
            return null;
        }

        _last = collected;
        return new ObservationsCollected(chain.Id, collected);
    }

    private async Task<(CollectedObservation? Observation, string? Problem)> AskAsync(string name, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            var offer = await http.GetFromJsonAsync<OfferedObservation>(
                new Uri($"{url.ToString().TrimEnd('/')}/api/v1/observations/{chain.Id}"), KeeperJson.Options, cancellationToken);
            return (offer?.Report?.Collect(name, _signing), null);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or JsonException or FormatException or TaskCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            return (null, problem.Message);
        }
    }

    /// <summary>Once when a node falls silent, and once when it answers again.</summary>
    private void Tell(string name, string? problem)
    {
        if (problem is null && _silent.Remove(name))
        {
            logger.LogInformation("Chain {Chain}: oracle node {Node} answers again", chain.Name, name);
        }
        else if (problem is not null && _silent.Add(name))
        {
            logger.LogWarning("Chain {Chain}: oracle node {Node} gives no observation: {Problem}", chain.Name, name, problem);
        }
    }

    /// <summary>By node and signature: a record with an array does not compare by its content.</summary>
    private static bool SaysTheSame(CollectedObservation a, CollectedObservation b) => a.Node == b.Node && a.Signature == b.Signature;
}
