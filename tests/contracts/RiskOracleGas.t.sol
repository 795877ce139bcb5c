// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title What reports cost
/// @dev Every call its own transaction, so that storage is cold and calldata is paid: what a carrier pays. The second report is measured, so that
/// nothing is written for the first time.
/// forge-config: default.isolate = true
contract RiskOracleGasTest is BaseTest {
    function _listOnly(uint256 count) private {
        risk = _newRiskOracle();
        _restrictRisk(address(risk));
        for (uint256 i = 0; i < count; ++i) {
            risk.listAsset(makeAddr(vm.toString(i)), _bounds(0.35e18, 0.021309e18), VOLATILITY, SLIPPAGE);
        }
        _submitAgreed(VOLATILITY, SLIPPAGE);
        skip(MIN_INTERVAL);
    }

    function _measure(string memory name) private {
        SignedObservation[] memory signed = _report(_list3(0.61e18, 0.62e18, 0.63e18), SLIPPAGE);
        risk.submit(signed);
        vm.snapshotGasLastCall("RiskOracle", name);
        assertEq(risk.epoch(), 2);
    }

    function test_Gas_SubmitOneAsset() public {
        _listOnly(1);
        _measure("submit, 1 asset");
    }

    function test_Gas_SubmitEightAssets() public {
        _listOnly(8);
        _measure("submit, 8 assets");
    }

    function test_Gas_SubmitOneAssetWithTwoExpiries() public {
        _listOnly(1);
        address asset = risk.assets()[0];
        risk.setOptionBounds(asset, _optionBounds());
        risk.listExpiry(asset, uint64(vm.getBlockTimestamp() + 30 days), 0.7e18, 1.01e18);
        risk.listExpiry(asset, uint64(vm.getBlockTimestamp() + 60 days), 0.7e18, 1.02e18);
        _measure("submit, 1 asset with 2 expiries");
    }

    function test_Gas_Tighten() public {
        _listOnly(2);
        risk.tighten(_report(_list2(0.7e18, 0.71e18), SLIPPAGE));
        SignedObservation[] memory signed = _report(_list2(0.8e18, 0.81e18), SLIPPAGE);
        risk.tighten(signed);
        vm.snapshotGasLastCall("RiskOracle", "tighten, 2 assets, 2 signers");
        assertEq(risk.stateOf(risk.assets()[0]).initialVolatility, 0.8e18);
    }

    function test_Gas_Views() public {
        skip(2 hours);
        risk.factors(address(weth));
        vm.snapshotGasLastCall("RiskOracle", "factors");
        (uint256 past,) = risk.pastFactors(address(weth));
        vm.snapshotGasLastCall("RiskOracle", "pastFactors");
        assertGt(past, 0);
    }
}
