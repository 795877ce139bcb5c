using System.Runtime.CompilerServices;
using KeeperOracle.Host.Shows;

namespace KeeperOracle.Host.Story;

/// <summary>Scene 7: somebody posts Alice's requirement understated by 1 %. As in the show of system 5.</summary>
internal static class ChallengeScene
{
    public static StoryScene Scene { get; } = new(7, "A requirement understated by 1 % loses its challenge", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A leaf does not hold past the heartbeat of the reports, and the last one came a day ago.
        await cast.ReportAsync(SilenceScene.Volatility, cancellationToken);
        await cast.WaitAsync(60, cancellationToken);
        var honest = await cast.LeafAsync(cancellationToken);
        var poster = new ShowPoster(cast.B, cast.Account);
        yield return await ChallengeShow.HonestAsync(poster, honest, cancellationToken);
        yield return await ChallengeShow.UnderstatedAsync(poster, honest, cancellationToken);
    }
}
