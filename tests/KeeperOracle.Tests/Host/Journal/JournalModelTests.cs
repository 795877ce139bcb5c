using CsCheck;
using KeeperOracle.Host.Journal;
using TheJournal = KeeperOracle.Host.Journal.Journal;

namespace KeeperOracle.Tests.Host.Journal;

/// <summary>
/// Random operations on the journal and on a model of a dozen lines give the same answers, also when the process dies between any
/// two of them. After every step: one live intent for each purpose, one intent for each nonce, nonces without gaps.
/// </summary>
public sealed class JournalModelTests : JournalFixture
{
    private enum Kind
    {
        Record,
        RecordGap,
        RecordUsed,
        Bump,
        Sent,
        Include,
        Revert,
        Drop,
        Finalize,
        Reopen,
        Decide,
        Restart,
        Crash,
    }

    private static readonly Gen<(Kind Kind, int Pick)[]> Steps =
        Gen.Select(Gen.Int[0, (int)Kind.Crash].Select(kind => (Kind)kind), Gen.Int[0, 5]).Array[1, 40];

    [Fact]
    public void Journal_RandomOperationsAndCrashes_AgreesWithTheModel() => Steps.Sample(
        steps => new Run(Directory.CreateDirectory(Path.Combine(Folder, Guid.NewGuid().ToString("N"))).FullName).Play(steps), iter: 60, threads: 1);

    private sealed class ModelIntent(int nonce, string purpose)
    {
        public int Nonce => nonce;

        public string Purpose => purpose;

        public IntentState State { get; set; } = IntentState.Signed;

        public int Attempts { get; set; } = 1;

        public bool IsOpen => State is IntentState.Signed or IntentState.Pending;

        public bool IsLive => State is not (IntentState.Reverted or IntentState.Dropped);
    }

    private sealed class Run(string folder)
    {
        private readonly List<ModelIntent> _model = [];
        private int _decisions;
        private int _hashes;
        private int _files;
        private string _file = Path.Combine(folder, "0.db");

        public void Play((Kind Kind, int Pick)[] steps)
        {
            var journal = TheJournal.Open(_file);
            journal.AdoptNonce(Anvil, Signer, 0);
            foreach (var (kind, pick) in steps)
            {
                journal = Step(journal, kind, pick);
                Compare(journal);
            }

            journal.Dispose();
        }

        private TheJournal Step(TheJournal journal, Kind kind, int pick)
        {
            var purpose = $"purpose {pick % 3}";
            var at = _model.Count == 0 ? -1 : pick % _model.Count;
            switch (kind)
            {
                case Kind.Record:
                    Record(journal, purpose);
                    break;
                case Kind.RecordGap:
                    Assert.False(journal.RecordIntent(Intent((ulong)_model.Count + 1, purpose, ++_hashes)).IsRecorded);
                    break;
                case Kind.RecordUsed when at >= 0:
                    Assert.False(journal.RecordIntent(Intent((ulong)at, purpose, ++_hashes)).IsRecorded);
                    break;
                case Kind.Bump when at >= 0:
                    Assert.Equal(_model[at].IsOpen, journal.AddAttempt(at + 1, Attempt(++_hashes)).Outcome == AddAttemptOutcome.Added);
                    _model[at].Attempts += _model[at].IsOpen ? 1 : 0;
                    break;
                case Kind.Sent when at >= 0:
                    journal.MarkSent(journal.FindIntent(at + 1)!.Attempts[^1].Id, "ok");
                    _model[at].State = _model[at].State == IntentState.Signed ? IntentState.Pending : _model[at].State;
                    break;
                case Kind.Include or Kind.Revert or Kind.Drop or Kind.Finalize when at >= 0:
                    Settle(journal, at, kind);
                    break;
                case Kind.Reopen when at >= 0:
                    Reopen(journal, at);
                    break;
                case Kind.Decide:
                    Assert.Equal(++_decisions, journal.AppendDecision([(byte)pick], [1, 2]));
                    break;
                case Kind.Restart:
                    journal.Dispose();
                    return TheJournal.Open(_file);
                case Kind.Crash:
                    return Crash(journal);
            }

            return journal;
        }

        private void Record(TheJournal journal, string purpose)
        {
            var taken = _model.Exists(intent => intent.Purpose == purpose && intent.IsLive);
            var result = journal.RecordIntent(Intent((ulong)_model.Count, purpose, ++_hashes));
            Assert.Equal(taken ? RecordOutcome.PurposeAlreadyRecorded : RecordOutcome.Recorded, result.Outcome);
            if (!taken)
            {
                _model.Add(new ModelIntent(_model.Count, purpose));
            }
        }

        private void Settle(TheJournal journal, int at, Kind kind)
        {
            var intent = _model[at];
            var state = kind switch
            {
                Kind.Include => IntentState.Included,
                Kind.Revert => IntentState.Reverted,
                Kind.Drop => IntentState.Dropped,
                _ => IntentState.Finalized,
            };
            var allowed = state == IntentState.Finalized ? intent.State == IntentState.Included : intent.IsOpen;
            var outcome = journal.Settle(at + 1, state, null, 100);
            Assert.Equal(
                allowed ? SettleOutcome.Settled : intent.State == state ? SettleOutcome.AlreadySo : SettleOutcome.NotAllowed, outcome);
            intent.State = allowed ? state : intent.State;
        }

        private void Reopen(TheJournal journal, int at)
        {
            var intent = _model[at];
            var taken = !intent.IsLive && _model.Exists(other => other != intent && other.Purpose == intent.Purpose && other.IsLive);
            var expected = intent.IsOpen ? ReopenOutcome.AlreadyOpen
                : intent.State == IntentState.Finalized ? ReopenOutcome.Finalized
                : taken ? ReopenOutcome.PurposeTaken
                : ReopenOutcome.Reopened;
            Assert.Equal(expected, journal.Reopen(at + 1));
            intent.State = expected == ReopenOutcome.Reopened ? IntentState.Pending : intent.State;
        }

        /// <summary>Goes on with a copy of what lies on the disk now, as after kill -9.</summary>
        private TheJournal Crash(TheJournal journal)
        {
            var next = Path.Combine(folder, $"{++_files}.db");
            System.IO.File.Copy(_file, next);
            if (System.IO.File.Exists(_file + "-wal"))
            {
                System.IO.File.Copy(_file + "-wal", next + "-wal");
            }

            journal.Dispose();
            _file = next;
            return TheJournal.Open(_file);
        }

        private void Compare(TheJournal journal)
        {
            var held = journal.RecentIntents(1000).Reverse().ToList();
            Assert.Equal(
                _model.Select(intent => ((ulong)intent.Nonce, intent.Purpose, intent.State, intent.Attempts)),
                held.Select(intent => (intent.Nonce, intent.Purpose, intent.State, intent.Attempts.Count)));
            Assert.Equal((ulong)_model.Count, journal.NextNonce(Anvil, Signer));
            Assert.Equal(_model.Count(intent => intent.IsOpen), journal.OpenIntents(Anvil).Count);
            Assert.Equal((true, (long)_decisions), (journal.VerifyChain().IsIntact, journal.VerifyChain().Count));
            Assert.All(
                held.Where(intent => intent.State is not (IntentState.Reverted or IntentState.Dropped)).GroupBy(intent => intent.Purpose),
                group => Assert.Single(group));
        }
    }
}
