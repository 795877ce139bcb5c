namespace KeeperOracle.Simulation;

/// <summary>The sum of many runs.</summary>
/// <param name="Bad">in order of their seeds</param>
public sealed record CampaignResult(IReadOnlyList<Verdict> Bad, long Events, long Landed, long Crashes, long Reorganisations);

/// <summary>Runs side by side on all cores; each is deterministic by itself.</summary>
public static class Campaign
{
    public static CampaignResult Run(ulong from, ulong seeds)
    {
        var gate = new Lock();
        var bad = new List<Verdict>();
        long events = 0, landed = 0, crashes = 0, reorganisations = 0;
        Parallel.For((long)from, (long)(from + seeds), seed =>
        {
            var verdict = new World((ulong)seed).Play();
            lock (gate)
            {
                events += verdict.Events;
                landed += verdict.Landed;
                crashes += verdict.Crashes;
                reorganisations += verdict.Reorganisations;
                if (!verdict.IsGood)
                {
                    bad.Add(verdict);
                }
            }
        });
        return new CampaignResult([.. bad.OrderBy(verdict => verdict.Seed)], events, landed, crashes, reorganisations);
    }
}
