using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

/// <content>Signatures that are asked for.</content>
public sealed partial class Journal
{
    public void Plan(SigningPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Write(transaction =>
        {
            using var upsert = Command(
                "INSERT INTO signing (chain_id, signer, plan) VALUES ($chain, $signer, $plan) ON CONFLICT (chain_id, signer) DO UPDATE SET plan = excluded.plan",
                transaction,
                ("$chain", checked((long)plan.Transaction.ChainId.Value)),
                ("$signer", plan.Signer.ToString()),
                ("$plan", plan.ToJson()));
            return upsert.ExecuteNonQuery();
        });
    }

    public SigningPlan? PlanOf(ChainId chain, Address signer) => Read(() =>
    {
        using var select = Command(
            "SELECT plan FROM signing WHERE chain_id = $chain AND signer = $signer", null, ("$chain", checked((long)chain.Value)), ("$signer", signer.ToString()));
        return select.ExecuteScalar() is string json ? SigningPlan.FromJson(json) : null;
    });

    public void ForgetPlan(ChainId chain, Address signer) => Write(transaction => DeletePlan(transaction, chain, signer));

    private int DeletePlan(SqliteTransaction transaction, ChainId chain, Address signer)
    {
        using var delete = Command(
            "DELETE FROM signing WHERE chain_id = $chain AND signer = $signer", transaction, ("$chain", checked((long)chain.Value)), ("$signer", signer.ToString()));
        return delete.ExecuteNonQuery();
    }
}
