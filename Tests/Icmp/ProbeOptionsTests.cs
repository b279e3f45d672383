using HmsOrleans.Silo.Icmp;
using Xunit;

namespace HmsOrleans.Tests.Icmp;

public sealed class ProbeOptionsTests
{
    private readonly ProbeOptions.Validator _validator = new();

    [Fact]
    public void The_defaults_are_valid() => Assert.True(_validator.Validate(null, new ProbeOptions()).Succeeded);

    [Fact]
    public void Every_wrong_setting_is_named_with_its_range()
    {
        var wrong = new ProbeOptions
        {
            Count = 0,
            Interval = TimeSpan.Zero,
            Timeout = TimeSpan.FromMinutes(1),
            Period = TimeSpan.FromMilliseconds(1),
        };

        var failures = _validator.Validate(null, wrong).Failures!.ToList();

        Assert.Equal(4, failures.Count);
        Assert.Contains("Hms:Probe:Count is 0; it must be 1 to 1000", failures);
        Assert.All(
            ["Hms:Probe:Interval", "Hms:Probe:Timeout", "Hms:Probe:Period"],
            setting => Assert.Contains(failures, failure => failure.StartsWith(setting + " is ", StringComparison.Ordinal)));
    }
}
