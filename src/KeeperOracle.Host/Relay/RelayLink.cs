using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>One link: read, decide, send. What fails is asked for again after a while that doubles, up to a minute.</summary>
internal sealed class RelayLink(
    RelayChain vault, RelayChain hub, LinkReader reader, StepEncoder encoder, RelaySettings settings, Address signer, RelayBoard board, Postponed postponed, TimeProvider time, ILogger logger)
{
    /// <summary>No single transaction may take more.</summary>
    private const ulong MostGas = 30_000_000;

    /// <summary>Between two passes that find the same heads and had nothing to send: attestations come between blocks.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(300);

    private volatile LinkPicture? _picture;
    private string _problem = "";
    private (Hash32 Vault, Hash32 Hub) _passed;
    private long _passedAt;
    private bool _wasIdle;

    /// <summary>Nothing is done before both chains have a head.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        if (vault.Head is not { } vaultHead || hub.Head is not { } hubHead
            || (_wasIdle && _passed == (vaultHead.Hash, hubHead.Hash) && time.GetElapsedTime(_passedAt) < Idle))
        {
            return;
        }

        (_passed, _passedAt, _wasIdle) = ((vaultHead.Hash, hubHead.Hash), time.GetTimestamp(), false);

        try
        {
            var picture = await WithUnderWayAsync(await reader.ReadAsync(vaultHead, hubHead, cancellationToken), cancellationToken);
            _picture = picture;
            var plan = RelayPlanner.Plan(picture.State, settings);
            board.Publish(new LinkStatus(
                reader.Name, vaultHead.Number, hubHead.Number, "", picture.State.ToHub, picture.State.ToVault, [.. plan.Steps.Select(step => step.Purpose)], plan.Waits));
            foreach (var step in plan.Steps.Where(step => !postponed.Has(step.Purpose)))
            {
                await SendAsync(step, picture, cancellationToken);
            }

            _wasIdle = plan.Steps.IsEmpty;
            Tell("");
        }
        catch (Exception problem) when (problem is RpcException or ReadFailedException or AbiException or OverflowException or LinkRefusedException)
        {
            board.Publish(new LinkStatus(reader.Name, vaultHead.Number, hubHead.Number, problem.Message, null, null, [], []));
            Tell(problem.Message);
        }
    }

    /// <summary>What the owner of a lien's account may send now.</summary>
    public async Task<OfferedCount> CountAsync(ulong number, CancellationToken cancellationToken)
    {
        OfferedCount No(string refusal) => new(refusal, hub.Id, hub.Access.Options.CrossChain.MarginHub, "", 0);
        if (_picture is not { } picture || picture.State.Liens.FirstOrDefault(lien => lien.Number == number) is not { } lien)
        {
            return No("LienUnknown: the vault has no such lien for this hub, or has not been read yet");
        }

        if (lien.OnHub is { IsAttached: true })
        {
            return No("AlreadyAttached: anyone renews it from here on");
        }

        try
        {
            return await encoder.CountAsync(number, picture, cancellationToken) is { } count
                ? new OfferedCount("", hub.Id, hub.Access.Options.CrossChain.MarginHub, Hex.FromBytes(count.Call.EncodeCall()), count.Header)
                : No("AwaitingHeader: no header that is old enough for the hub shows it");
        }
        catch (Exception problem) when (problem is RpcException or ProofRefusedException)
        {
            return No(problem.Message);
        }
    }

    /// <summary>What was asked for already, and the head that was read does not show: the chains cannot tell.</summary>
    private async Task<LinkPicture> WithUnderWayAsync(LinkPicture picture, CancellationToken cancellationToken)
    {
        if (picture.State.Liens.All(lien => lien.TopUp is null))
        {
            return picture;
        }

        var underWay = await vault.UnderWayAsync(picture.VaultHead.Number, cancellationToken);
        return picture with
        {
            State = picture.State with
            {
                Liens = [.. picture.State.Liens.Select(lien => lien.TopUp is { } topUp
                    ? lien with { TopUp = topUp with { UnderWay = underWay.FirstOrDefault(purpose => RelayPlanner.IsTopUpOf(picture.State, lien.Number, purpose)) ?? "" } }
                    : lien)],
            },
        };
    }

    private async Task SendAsync(RelayStep step, LinkPicture picture, CancellationToken cancellationToken)
    {
        var chain = step.On == hub.Id ? hub : vault;
        try
        {
            var call = await encoder.EncodeAsync(step, picture, cancellationToken);
            var worth = chain.Access.Options.MaxFeePerGasWei * MostGas;
            // Headers go on while one waits for its block; each would be paid for, and the newest is enough.
            var (deadline, line) = step switch
            {
                CarryHeader carry => (carry.Deadline, RelayPlanner.HeaderLine(carry.Of, carry.On)),
                TopUpLien topUp => (topUp.Deadline, ""),
                _ => (0UL, ""),
            };
            await chain.RequestAsync(new SendRequest(step.Purpose, SendPriority.Protect, "relay", worth, deadline, signer), call, line, cancellationToken);
        }
        catch (ProofRefusedException refused)
        {
            logger.LogError("{Purpose}: a proof of our own nodes does not hold: {Refusal}", step.Purpose, refused.Message);
            postponed.Add(step.Purpose);
        }
    }

    private void Tell(string problem)
    {
        if (problem != _problem && problem.Length > 0)
        {
            logger.LogError("Link {Link}: not served: {Problem}", reader.Name, problem);
        }
        else if (problem != _problem)
        {
            logger.LogInformation("Link {Link}: served again", reader.Name);
        }

        _problem = problem;
    }
}

/// <summary>Purposes that failed, and are left alone for a while that doubles with each failure.</summary>
internal sealed class Postponed(TimeProvider time)
{
    private const int Limit = 4096;
    private const int LongestSeconds = 60;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Failures, DateTimeOffset Until)> _until = new(StringComparer.Ordinal);

    public bool Has(string purpose)
    {
        lock (_gate)
        {
            return _until.TryGetValue(purpose, out var one) && time.GetUtcNow() < one.Until;
        }
    }

    public void Add(string purpose)
    {
        lock (_gate)
        {
            if (_until.Count >= Limit)
            {
                _until.Clear(); // the worst is that each is tried once more
            }

            var failures = _until.GetValueOrDefault(purpose).Failures + 1;
            _until[purpose] = (failures, time.GetUtcNow().AddSeconds(Math.Min(LongestSeconds, 1 << Math.Min(failures, 6))));
        }
    }

    public void Remove(string purpose)
    {
        lock (_gate)
        {
            _until.Remove(purpose);
        }
    }
}
