using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Signer;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.OracleNode;

/// <summary>One line of headers: those of a chain for one other. The head of <see cref="HeaderLane"/> is its specification.</summary>
/// <param name="name">of the chain whose headers they are, for people</param>
/// <param name="of">that chain</param>
/// <param name="every">the numbers are multiples of it</param>
/// <param name="valid">seconds from a block's time to the deadline of its attestation</param>
internal sealed class HeaderAttester(
    string node, HeaderLine line, string name, EthApi of, RecordedSigner key, ulong every, ulong valid, HeaderBoard board, ILogger logger)
{
    internal const int Backlog = 8;
    internal const int Kept = 64;

    private ImmutableArray<OfferedHeader> _offered = [];
    private Hash32 _final;
    private string _refused = "";

    /// <param name="final">null where the chain calls no block final</param>
    public async Task AdvanceAsync(BlockHeader? final, CancellationToken cancellationToken)
    {
        // Nothing changes under a final block that is the same.
        if (!_offered.IsEmpty && final?.Ref.Hash == _final)
        {
            return;
        }

        var refusal = final is { } block ? await AttestAsync(block, cancellationToken) : "NoFinality: the nodes call no block final, and FinalityDepth is not set";
        if (refusal.Length > 0)
        {
            _offered = [];
        }

        _final = final?.Ref.Hash ?? default;
        Tell(refusal);
        board.Publish(new OfferedHeaders(node, line.Of, line.On, final?.Ref.Number ?? 0, refusal, _offered));
    }

    /// <summary>Why nothing may be offered; empty where all is well.</summary>
    private async Task<string> AttestAsync(BlockHeader final, CancellationToken cancellationToken)
    {
        var newest = key.NewestHeader(line);
        if (newest is { } last)
        {
            var (attested, problem) = await LastAsync(last, final, cancellationToken);
            if (attested is not { } header)
            {
                return problem;
            }

            if (_offered.IsEmpty && await SignAsync(header, cancellationToken) is { Length: > 0 } unsigned)
            {
                return unsigned; // after a start: the same bytes once more
            }
        }

        var target = final.Ref.Number - (final.Ref.Number % every);
        var first = Math.Max((newest?.Number ?? 0) + every - ((newest?.Number ?? 0) % every), target >= every * Backlog ? target - (every * (Backlog - 1)) : every);
        for (var number = first; number <= target; number += every)
        {
            var block = number == final.Ref.Number ? final : await of.GetBlockByNumberAsync(number, cancellationToken);
            var (header, problem) = Attestation(block, number);
            if (header is not { } attestation)
            {
                return problem;
            }

            // Two blocks of one second: the contract takes the first, and the second comes under a later one.
            if (_offered.IsEmpty || attestation.Timestamp > _offered[^1].Timestamp)
            {
                if (await SignAsync(attestation, cancellationToken) is { Length: > 0 } unsigned)
                {
                    return unsigned;
                }
            }
        }

        return "";
    }

    /// <summary>What was attested last, if it is still the chain's.</summary>
    private async Task<(HeaderAttestation? Header, string Problem)> LastAsync(
        (ulong Number, Hash32 Digest) last, BlockHeader final, CancellationToken cancellationToken)
    {
        if (final.Ref.Number < last.Number)
        {
            return (null, $"ReorganisedPastAttested: block {last.Number} was attested, and {final.Ref.Number} is the newest that is final");
        }

        var (header, problem) = Attestation(await of.GetBlockByNumberAsync(last.Number, cancellationToken), last.Number);
        return header is not { } attestation ? (null, problem)
            : line.DigestOf(attestation) == last.Digest ? (attestation, "")
            : (null, $"ReorganisedPastAttested: block {last.Number} is not what was attested any more (or HeaderValidSeconds was changed); the record stands");
    }

    private (HeaderAttestation? Header, string Problem) Attestation(BlockHeader? block, ulong number) =>
        block is not { } found ? (null, $"BlockMissing: the nodes have no block {number}")
        : found.Ref.Number != number ? (null, $"BlockMissing: block {found.Ref.Number} was given for {number}")
        : found.StateRoot is not { } root || root.IsZero ? (null, $"StateRootMissing: the nodes say no state root of block {number}")
        : (new HeaderAttestation(line.Of.Value, number, found.Ref.Hash, root, found.Ref.Timestamp, found.Ref.Timestamp + valid), "");

    /// <summary>Why it is not signed; empty where it is, and offered.</summary>
    private async Task<string> SignAsync(HeaderAttestation header, CancellationToken cancellationToken)
    {
        var (signed, refusal) = await key.SignAsync(line.On, line.Verifier, line.Source, header, cancellationToken);
        if (signed is null)
        {
            return refusal!.ToString();
        }

        _offered = [.. _offered.Skip(Math.Max(0, _offered.Length + 1 - Kept)), new OfferedHeader(
            header.Number, header.BlockHash, header.StateRoot, header.Timestamp, header.Deadline, Hex.FromBytes(signed.Signature))];
        logger.LogDebug("Chain {Chain}: header {Number} ({Hash}) is attested for chain {On}", name, header.Number, header.BlockHash, line.On);
        return "";
    }

    private void Tell(string refusal)
    {
        // By its name: the numbers in it change with every block.
        if (refusal.Split(':')[0] == _refused.Split(':')[0])
        {
            return;
        }

        if (refusal.Length == 0)
        {
            logger.LogWarning("Chain {Chain}: headers are attested for chain {On} again", name, line.On);
        }
        else
        {
            logger.LogError("Chain {Chain}: no header is attested for chain {On}: {Refusal}", name, line.On, refusal);
        }

        _refused = refusal;
    }
}
