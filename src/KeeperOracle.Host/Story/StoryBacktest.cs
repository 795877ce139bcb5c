using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Reports;
using KeeperOracle.Host.Shows;
using KeeperOracle.MarginOracle.Feeds;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>
/// The backtest report that the story's reports of risk rest on: every model on a made history, by the product's own command `vol backtest --report`. It is made before the first
/// report, and its hash is signed with each of them, as oracle nodes do it (<see cref="InputsCommitment"/>).
/// </summary>
internal sealed class StoryBacktest
{
    private readonly List<(Hash32 Transaction, InputsCommitment Inputs)> _carried = [];
    private Hash32 _hash;

    /// <summary>What was carried so far, and what was signed with it.</summary>
    public IReadOnlyList<(Hash32 Transaction, InputsCommitment Inputs)> Carried => _carried;

    /// <summary>What a report on a chain commits to at a block.</summary>
    public async Task<InputsCommitment> CommitAsync(string directory, StageChain side, BlockRef block, CancellationToken cancellationToken)
    {
        if (_hash.IsZero)
        {
            _hash = await MakeAsync(directory, "backtest", cancellationToken);
        }

        var rounds = new List<(Address, FeedRound, PoolReading?)>();
        foreach (var asset in side.Deployment.Assets)
        {
            var newest = await side.Chain.Eth.CallAsync(new AggregatorV3Interface.LatestRoundDataFunction(), asset.Feeds[0], side.Deployer, block.Hash, cancellationToken);
            rounds.Add((asset.Token, new FeedRound(newest.RoundId, newest.Answer, (ulong)newest.UpdatedAt), null));
        }

        return new InputsCommitment(InputsCommitment.MarketRootOf(side.Chain.Id, block, rounds), default, _hash);
    }

    public void Carry(Hash32 transaction, InputsCommitment inputs) => _carried.Add((transaction, inputs));

    /// <summary>Makes the report, as a page and its twin in JSON.</summary>
    /// <returns>SHA-256 of the report, which the twin states and which was checked against it</returns>
    public static async Task<Hash32> MakeAsync(string directory, string name, CancellationToken cancellationToken)
    {
        await using var process = ChildProcess.StartSelf(name, directory, "vol", "backtest", "--report", $"{name}.html", "-o", "json");
        await process.Exited(cancellationToken);
        return process.ExitCode == 0
            ? Hash32.FromHex($"0x{ReportTwin.HashOf(Path.Combine(directory, $"{name}.json"))}")
            : throw new InvalidOperationException($"`vol backtest` ended with {process.ExitCode}: see {name}.log in {directory}.");
    }
}
