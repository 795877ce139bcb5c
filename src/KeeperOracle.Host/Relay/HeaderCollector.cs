using System.Collections.Immutable;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>A header with signatures of a quorum, in ascending order of their signers as the contract takes them.</summary>
internal sealed record QuorumHeader(HeaderAttestation Attestation, ImmutableArray<byte[]> Signatures);

/// <summary>
/// Asks the oracle nodes which headers they attest of one chain for another. Nothing here trusts a node: signatures are recovered against the believing chain's verifier, those of
/// strangers count nothing, and two nodes agree only where they signed the very same. A node that does not answer offers nothing.
/// </summary>
internal sealed class HeaderCollector(
    ChainId of, ChainId on, Address verifier, Address source, IReadOnlyList<(string Name, Uri Url)> nodes, HttpClient http, ILogger logger)
{
    private readonly Dictionary<string, string> _said = [];

    /// <summary>All that have a quorum, the newest first.</summary>
    public async Task<IReadOnlyList<QuorumHeader>> CollectAsync(IReadOnlyCollection<Address> signers, int threshold, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(nodes.Select(node => AskAsync(node.Name, node.Url, cancellationToken)));
        return [.. answers.SelectMany(headers => headers)
            .GroupBy(one => one.Header)
            .Select(same => (Header: same.Key, By: same.Where(one => signers.Contains(one.Signer)).DistinctBy(one => one.Signer).OrderBy(one => one.Signer).ToList()))
            .Where(one => one.By.Count >= threshold)
            .OrderByDescending(one => one.Header.Number)
            .Select(one => new QuorumHeader(one.Header, [.. one.By.Take(threshold).Select(by => by.Signature)]))];
    }

    private async Task<IReadOnlyList<(HeaderAttestation Header, Address Signer, byte[] Signature)>> AskAsync(string name, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            var offer = await http.GetFromJsonAsync<OfferedHeaders>(
                new Uri($"{url.ToString().TrimEnd('/')}/api/v1/headers/{of}/{on}"), KeeperJson.Options, cancellationToken);
            Tell(name, offer?.NoHeader ?? "");
            return [.. (offer?.Headers ?? []).Select(Recover)];
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or JsonException or FormatException or OverflowException or TaskCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            Tell(name, problem.Message);
            return [];
        }
    }

    private (HeaderAttestation Header, Address Signer, byte[] Signature) Recover(OfferedHeader offered)
    {
        var (header, signature) = (offered.Of(of), Hex.ToBytes(offered.Signature));
        return (header, SignatureRecovery.Recover(HeaderDigest.Compute(on, verifier, source, header), Signature.FromBytes65(signature)), signature);
    }

    /// <summary>Once for each change.</summary>
    private void Tell(string name, string problem)
    {
        if (_said.GetValueOrDefault(name, "") == problem)
        {
            return;
        }

        _said[name] = problem;
        if (problem.Length > 0)
        {
            logger.LogWarning("Oracle node {Node} gives no headers of chain {Of} for chain {On}: {Problem}", name, of, on, problem);
        }
        else
        {
            logger.LogInformation("Oracle node {Node} gives headers of chain {Of} for chain {On} again", name, of, on);
        }
    }
}
