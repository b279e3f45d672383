using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Icmp;

/// <summary>How containers are probed: the section <c>Hms:Probe</c>.</summary>
internal sealed class ProbeOptions
{
    internal const string Section = "Hms:Probe";

    /// <summary>Probes in a full burst, and in the sliding window of a healthy container.</summary>
    public int Count { get; set; } = 20;

    /// <summary>From one probe of a burst to the next.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>A probe not answered by then is lost. On one host an answer takes 0.05 ms.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>From one sparse probe of a container that answers to the next.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Names each setting that is out of its range, and the range.</summary>
    internal sealed class Validator : IValidateOptions<ProbeOptions>
    {
        public ValidateOptionsResult Validate(string? name, ProbeOptions options)
        {
            List<string> failures = [];
            if (options.Count is < 1 or > 1000)
            {
                failures.Add($"{Section}:{nameof(Count)} is {options.Count}; it must be 1 to 1000");
            }
            Range(nameof(Interval), options.Interval, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
            Range(nameof(Timeout), options.Timeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
            Range(nameof(Period), options.Period, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
            return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

            void Range(string setting, TimeSpan value, TimeSpan least, TimeSpan most)
            {
                if (value < least || value > most)
                {
                    failures.Add($"{Section}:{setting} is {value:c}; it must be {least:c} to {most:c} (hours:minutes:seconds.fraction)");
                }
            }
        }
    }
}
