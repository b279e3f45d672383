using System.Collections.Immutable;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Why containers were started in a cell.</summary>
/// <param name="AfterStop">A fault had ended them.</param>
/// <param name="UnderImpairment">They were ended and started while a fault impaired them, or within two seconds after it.</param>
/// <param name="AfterOwnEnd">They had ended by themselves.</param>
/// <param name="Wrong">There was no fault behind it.</param>
internal sealed record RestartAccount(int AfterStop, int UnderImpairment, int AfterOwnEnd, ImmutableArray<RestartAccount.WrongRestart> Wrong)
{
    /// <summary>What was seen of a fault may still be acted on for so many seconds: a stop takes its time.</summary>
    public const double Afterwards = 2;

    public static RestartAccount Of(ImmutableArray<ContainerLife> lives)
    {
        var (afterStop, impaired, own) = (0, 0, 0);
        var wrong = ImmutableArray.CreateBuilder<WrongRestart>();
        foreach (var life in lives)
        {
            var excused = Stretches.Of(life.Impaired.All.Select(stretch => (stretch.From, stretch.To + Afterwards)));
            foreach (var start in life.Starts)
            {
                switch (life.Deaths.LastOrDefault(death => death.At <= start))
                {
                    case { Fault: not null }:
                        afterStop++;
                        break;
                    case { } death when excused.Contains(death.At):
                        impaired++;
                        break;
                    case { WasSignalled: false }:
                        own++;
                        break;
                    default:
                        wrong.Add(new(life.Container.Host, life.Container.Name, start));
                        break;
                }
            }
        }
        return new(afterStop, impaired, own, wrong.ToImmutable());
    }

    /// <param name="Host">Address of the host.</param>
    /// <param name="Container">Name of the container.</param>
    /// <param name="At">When it was started, in seconds from the start of the cell.</param>
    internal sealed record WrongRestart(string Host, string Container, double At);
}
